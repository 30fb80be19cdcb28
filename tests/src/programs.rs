//! Finds our own programs and sources, and builds the programs if necessary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::Result;

use crate::command::run;

/// Returns the root folder of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate lies in the workspace")
}

/// Paths of the programs that tests call in the way users do.
#[derive(Debug)]
pub struct Programs {
    /// Path of `kubectl-waxctl`.
    pub waxctl: PathBuf,
    /// Path of `wax-operator`.
    pub operator: PathBuf,
    /// Path of `waxrun`.
    pub agent: PathBuf,
}

/// Returns our programs. `WAX_PROGRAMS` names their folder if a run of several suites has built them for all test
/// processes; otherwise this process builds them once.
pub fn programs() -> Result<&'static Programs> {
    static PROGRAMS: OnceLock<std::result::Result<Programs, String>> = OnceLock::new();
    let found = PROGRAMS.get_or_init(|| find().map_err(|error| format!("{error:#}")));
    found.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}

fn find() -> Result<Programs> {
    let folder = given_or_printed("WAX_PROGRAMS", "tests/programs.sh")?;
    Ok(Programs {
        waxctl: folder.join("kubectl-waxctl"),
        operator: folder.join("wax-operator"),
        agent: folder.join("waxrun"),
    })
}

/// Returns the path in the environment variable `variable`, otherwise the path that `script` prints.
pub(crate) fn given_or_printed(variable: &str, script: &str) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Ok(path.into());
    }
    let printed = run(&mut Command::new(root().join(script)), b"")?.ok()?;
    Ok(printed.trim().into())
}
