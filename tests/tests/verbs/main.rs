//! Tests the verbs of waxctl that use a cluster, on a real cluster.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

mod daily;
mod deploying;
mod examples;
mod following;
mod in_pod;
mod install;
mod live_diff;
mod reading;
mod rights;
mod state;
mod tls;
mod waiting;

use wax_tests::TestNamespace;
use wax_tests::command::Finished;
use wax_tests::programs::root;

/// Returns the code of the example `hello`, which prints a line every second.
fn hello() -> String {
    std::fs::read_to_string(root().join("examples/hello/hello.py")).unwrap()
}

/// Runs `waxctl dataflow` in the test's namespace.
fn df(ns: &TestNamespace, arguments: &[&str]) -> Finished {
    ns.waxctl(&[&["df"], arguments, &["--namespace", &ns.name]].concat())
        .unwrap()
}

#[track_caller]
fn assert_says(text: &str, wanted: &str) {
    assert!(text.contains(wanted), "`{wanted}` is not in:\n{text}");
}
