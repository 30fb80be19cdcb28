//! Tests the record of steps of a flow with state, when two people change its code.
//!
//! The Python on the PATH is a script. It notes the code that it is to load in the home of its user, and reports the steps
//! that comments in the code name. `tests/tests/laptop` does the same with real Bytewax.

use super::people::{FIX, Team};

const PYTHON: &str = r#"#!/bin/sh
case $1 in -c) exit 0 ;; esac
cat orders.py >>"$HOME/loads"
steps=$(sed -n 's/^# step \(.*\)/"orders.\1"/p' orders.py | paste -sd, -)
printf '{"outcome":"probed","v":1,"flow":"orders","stateful":[%s],"engine":"0.21.1"}' "$steps" >"$3"
"#;

/// Ann commits a flow with the state of one step, and Bo clones.
fn both_start() -> Team {
    let team = Team::new("full");
    team.lab.executable("bin/python", PYTHON);
    team.source("ann", "", "# step sum");
    team.ann(&["--recovery"]).succeeded();
    team.clone_for_bo();
    team
}

/// Returns the steps in the record on the remote, as they are written.
fn recorded(team: &Team) -> String {
    let text = team.remote_file("dataflow.yaml").replace('\\', "");
    let (_, rest) = text.split_once(r#""stateful":["#).expect(&text);
    rest.split(']').next().unwrap().replace("\"orders.", "\"")
}

#[test]
fn steps_of_both_sides_are_recorded() {
    let team = both_start();
    team.source("ann", "# step first", "# step sum");
    team.ann(&[]).succeeded();
    team.source("bo", "", "# step sum;# step second");
    team.bo(&[]).succeeded();
    assert!(team.remote_has(&["# step first", "# step second"]));
    assert_eq!(recorded(&team), r#""first","sum","second""#);
    let loads = team.lab.read("home-bo/loads");
    assert!(loads.contains("# step second"), "{loads}");
    assert!(!loads.contains("# step first"), "{loads}");
    // The next merge begins with what Bo has rendered.
    team.source("bo", "", "# step second");
    let refused = team.bo(&[]);
    assert_eq!(refused.code, Some(5), "{}", refused.shown());
    let said = &refused.err;
    assert!(said.contains("step orders.sum was removed"), "{said}");
    assert!(!said.contains("orders.first"), "{said}");
    let lab = &team.lab;
    let mut diff = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), "bo-clone");
    diff.args(["df", "diff", "../bo/orders.py", "--name", "orders"])
        .env("HOME", lab.path("home-bo"));
    lab.git("bo-clone", &["pull", "-q"]);
    let diff = lab.run(diff);
    assert!(diff.out.contains("state[orders.sum]"), "{}", diff.shown());
    assert!(!diff.shown().contains("cannot check"), "{}", diff.shown());
}

#[test]
fn step_removed_by_colleague_is_no_loss() {
    let team = both_start();
    team.source("ann", "", "# step sum;# step more");
    team.ann(&[]).succeeded();
    team.lab.git("bo-clone", &["pull", "-q"]);
    team.source("ann", "", "# step sum");
    let store = "0b7c4a52-7a52-4d0f-9d44-000000000001/1-0b7c4a52";
    team.ann(&["--accept-state-loss", "--store", store])
        .succeeded();
    // Bo's source was made from the version with the step, and has not changed it.
    team.source("bo", "# top", "# step sum;# step more");
    team.bo(&[]).succeeded();
    assert!(team.remote_has(&["# top"]) && !team.remote_has(&["# step more"]));
    assert_eq!(recorded(&team), r#""sum""#);
}

#[test]
fn merge_without_record_says_how_to_record() {
    let team = both_start();
    team.by_hand("1i # fix of Ann", "orders.py");
    team.source("bo", "", "# step sum;# step second");
    let refused = team.bo(&[]);
    insta::assert_snapshot!(refused.shown(), @r"
    pushing to origin/main
    error: cannot check whether steps of `orders` lose their state
      1. its present version has a record of steps that belongs to other code: its code was changed without waxctl
    hint: to go on without this check, add `--accept-unchecked-steps`; the cluster compares again before it stops anything
    hint: or record the steps of the version in git first: check it out, and run `kubectl waxctl df commit apps/prod/orders`
    -- exit code 5
    ");
    team.pull();
    let lab = &team.lab;
    lab.commit("repo", &["apps/prod/orders", "--push"])
        .succeeded();
    team.bo(&[]).succeeded();
    assert!(team.remote_has(&[FIX, "# step second"]));
    assert_eq!(recorded(&team), r#""sum","second""#);
}
