//! Tests the boxes themselves with the scripts `cluster/box_test.sh` and `leftovers_test.sh`.

use std::process::Command;

use wax_tests::command::run;
use wax_tests::programs::root;

#[test]
fn two_boxes_leave_each_other_alone_and_nothing_behind() {
    let mut script = Command::new(root().join("tests/cluster/box_test.sh"));
    run(&mut script, b"").unwrap().ok().unwrap();
}

#[test]
fn what_ends_badly_is_named_and_taken_down() {
    let mut script = Command::new(root().join("tests/leftovers_test.sh"));
    run(&mut script, b"").unwrap().ok().unwrap();
}
