//! Tests of the whole path on a real cluster: Python file, waxctl, git, API server, operator, pods with real Bytewax,
//! status. Nothing is mocked.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

mod api;
mod awkward_values;
mod changes;
mod end_of_input;
mod faults;
mod losses;
mod operator_kills;
mod quiet;
mod through_git;
mod two_operators;
mod volumes;

use std::path::{Path, PathBuf};

use wax_tests::programs::root;

/// Returns the code of the example `hello`, which prints a line every second.
fn hello() -> String {
    text(&root().join("examples/hello/hello.py"))
}

/// Returns the code of a flow in `tests/fixtures/flows/`.
fn flow(name: &str) -> String {
    text(&fixture(&format!("flows/{name}.py")))
}

fn fixture(path: &str) -> PathBuf {
    root().join("tests/fixtures").join(path)
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
