//! Where our own programs and sources are, built if need be.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result};

use crate::command::run;

/// The checkout's root folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate lies in the workspace")
}

/// Paths of the programs that tests call as users do.
#[derive(Debug)]
pub struct Programs {
    /// `kubectl-waxctl`.
    pub waxctl: PathBuf,
    /// `wax-operator`.
    pub operator: PathBuf,
    /// `waxrun`.
    pub agent: PathBuf,
}

/// Returns our programs, built once in this process: cargo itself knows whether there is work.
pub fn programs() -> Result<&'static Programs> {
    static PROGRAMS: OnceLock<std::result::Result<Programs, String>> = OnceLock::new();
    let built = PROGRAMS.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    built.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}

/// Builds all of them, as `make programs` does: for some of them alone cargo would choose other
/// features of what they depend on, and build that once more.
fn build() -> Result<Programs> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(root())
        .args(["build", "--quiet", "--workspace", "--bins"]);
    run(&mut command, b"")?.ok()?;
    // target/debug/deps/this_test -> target/debug
    let this = std::env::current_exe()?;
    let folder = this
        .ancestors()
        .nth(2)
        .context("a test binary lies in target/PROFILE/deps")?;
    Ok(Programs {
        waxctl: folder.join("kubectl-waxctl"),
        operator: folder.join("wax-operator"),
        agent: folder.join("waxrun"),
    })
}
