//! Recognises the failure of a file that starts the engine while it is loaded.
//!
//! It has no kind of its own, since an operator of an earlier release could not read that.

use super::{FailureKind, TerminationReport};

/// A part of the launcher's message.
const MARK: &str = " runs the flow while it is ";

impl TerminationReport {
    /// Returns true if the user's file starts the engine while it is loaded.
    #[must_use]
    pub fn runs_on_import(&self) -> bool {
        let text = self.exception.as_deref().unwrap_or_default();
        self.kind == FailureKind::ImportError && text.contains(MARK)
    }
}
