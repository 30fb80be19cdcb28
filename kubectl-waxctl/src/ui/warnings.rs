//! The warnings of the API server: each is shown once, and all are counted for `--warnings-as-errors`.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::stream::Stream;
use super::{WARNING, progress};
use crate::error::CommandError;

static SHOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Shows a warning of the API server on standard error, unless it was shown before.
pub(crate) fn api_warning(text: &str) {
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if !shown.insert(text.to_owned()) {
        return;
    }
    let mut err = Stream::stderr();
    progress::interrupt(&mut err);
    let head = err.paint(WARNING, "Warning:");
    err.talk(&format!("{head} {text}\n"));
}

/// Returns the error for `--warnings-as-errors`, if the API server has warned. The text is kubectl's.
pub(crate) fn as_error() -> Option<CommandError> {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let message = match shown.len() {
        0 => return None,
        1 => "1 warning received".to_owned(),
        count => format!("{count} warnings received"),
    };
    Some(CommandError::failure(message))
}
