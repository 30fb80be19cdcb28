//! Whether the cursor stands behind a line of progress, which the next message must not continue.

use std::sync::atomic::{AtomicBool, Ordering};

use super::stream::Stream;

static OPEN: AtomicBool = AtomicBool::new(false);

/// Records that a line of progress stands on the terminal, or that it was ended.
pub(super) fn set_open(open: bool) {
    OPEN.store(open, Ordering::Relaxed);
}

/// Ends a line of progress on the terminal.
pub(super) fn interrupt(err: &mut Stream) {
    if OPEN.swap(false, Ordering::Relaxed) && err.rewrites_lines() {
        err.talk("\n");
    }
}
