//! Tests the boxes themselves with the scripts `cluster/box_test.sh` and `leftovers_test.sh`.

use std::process::Command;

use wax_tests::command::run;
use wax_tests::programs::root;

#[test]
fn two_boxes_are_independent_and_leave_nothing_behind() {
    let mut script = Command::new(root().join("tests/cluster/box_test.sh"));
    run(&mut script, b"").unwrap().ok().unwrap();
}

#[test]
fn leftovers_of_failed_runs_are_listed_and_removed() {
    let mut script = Command::new(root().join("tests/leftovers_test.sh"));
    run(&mut script, b"").unwrap().ok().unwrap();
}
