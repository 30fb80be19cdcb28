//! Finds a Python with Bytewax on this machine.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::Result;

use crate::programs::given_or_printed;

/// Returns a Python that can import Bytewax 0.21.1: the one that `WAX_PYTHON` names, otherwise that of a virtual
/// environment in the user's cache. This process looks for it once.
pub fn bytewax_python() -> Result<&'static Path> {
    static PYTHON: OnceLock<std::result::Result<PathBuf, String>> = OnceLock::new();
    let made = PYTHON.get_or_init(|| {
        given_or_printed("WAX_PYTHON", "tests/python.sh").map_err(|error| format!("{error:#}"))
    });
    made.as_deref().map_err(|error| anyhow::anyhow!("{error}"))
}
