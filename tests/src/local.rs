//! Real Bytewax on this machine, to compare with what pods do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result};

use crate::command::run;

/// Returns a Python that can import Bytewax 0.21.1: a virtual environment in the user's cache, made
/// on first use and looked for once in this process.
pub fn bytewax_python() -> Result<&'static Path> {
    static PYTHON: OnceLock<std::result::Result<PathBuf, String>> = OnceLock::new();
    let made = PYTHON.get_or_init(|| virtual_environment().map_err(|error| format!("{error:#}")));
    made.as_deref().map_err(|error| anyhow::anyhow!("{error}"))
}

fn virtual_environment() -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(std::env::var_os("HOME").context("HOME is set")?).join(".cache"),
    };
    let folder = cache.join("bytewax-platform/venv-0.21.1-py311");
    let python = folder.join("bin/python");
    let imports = || {
        run(
            Command::new(&python).args(["-c", "import bytewax.dataflow"]),
            b"",
        )
        .is_ok_and(|finished| finished.code == 0)
    };
    if imports() {
        return Ok(python);
    }
    let system = if run(Command::new("python3.11").arg("--version"), b"").is_ok() {
        "python3.11"
    } else {
        "python3"
    };
    run(
        Command::new(system)
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
        b"",
    )?
    .ok()?;
    let packages = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "bytewax==0.21.1",
        "prometheus-client",
    ];
    run(Command::new(&python).args(packages), b"")?.ok()?;
    Ok(python)
}
