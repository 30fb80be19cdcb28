//! Tests of clones whose history ends too early, and to which no more can be fetched.

use super::super::lab::Run;
use super::super::people::{FEATURE, FIX, Team};

/// Creates a clone with one commit, which does not tell what Bo's source was made from.
fn cut_off() -> Team {
    let team = Team::new("shallow");
    team.source("ann", "", "");
    team.ann(&[]).succeeded();
    team.by_hand("1i # fix of Ann", "orders.py");
    team.clone_for_bo();
    team.source("bo", "", FEATURE);
    team
}

fn commit(team: &Team, more: &[&str]) -> Run {
    let args = ["../bo/orders.py", "--name", "orders", "--env", "prod"];
    let mut command = team.lab.waxctl("bo-clone", &[&args[..], more].concat());
    command.env("HOME", team.lab.path("home-bo"));
    team.lab.run(command)
}

#[test]
fn history_that_cannot_be_fetched_is_refused() {
    let team = cut_off();
    let lab = &team.lab;
    let tip = lab.git("bo-clone", &["rev-parse", "HEAD"]);
    lab.executable("refuse", "#!/bin/sh\necho 'not today' >&2\nexit 1\n");
    let server = "remote.origin.uploadpack";
    lab.git("bo-clone", &["config", server, &lab.text("refuse")]);
    let refused = commit(&team, &[]);
    lab.git("bo-clone", &["config", "--unset", server]);
    std::fs::rename(lab.path("remote.git"), lab.path("gone.git")).unwrap();
    let gone = commit(&team, &[]);
    for run in [&refused, &gone] {
        assert_eq!(run.code, Some(1), "{}", run.shown());
    }
    assert!(gone.err.contains("LAB/remote.git"), "{}", gone.shown());
    assert_eq!(lab.git("bo-clone", &["rev-parse", "HEAD"]), tip);
    insta::assert_snapshot!(refused.shown(), @r"
    error: the history of this clone does not reach far enough, and no more can be fetched
      1. not today
      2. fatal: Could not read from remote repository.
      3. Please make sure you have the correct access rights
      4. and the repository exists.
    hint: work in a clone that has the whole history: git fetch --unshallow
    hint: or name the commit that the source was made from: add `--base COMMIT`
    -- exit code 1
    ");
    // Both hints work.
    commit(&team, &["--base", &tip, "--dry-run"]).succeeded();
    std::fs::rename(lab.path("gone.git"), lab.path("remote.git")).unwrap();
    lab.git("bo-clone", &["fetch", "-q", "--unshallow"]);
    commit(&team, &[]).succeeded();
    let text = lab.read("bo-clone/apps/prod/orders/orders.py");
    assert!(text.contains(FIX) && text.contains(FEATURE), "{text}");
}

#[test]
fn shallow_remote_has_no_more_history() {
    let team = cut_off();
    let lab = &team.lab;
    let url = format!("file://{}", lab.text("remote.git"));
    let clone = ["clone", "-q", "--bare", "--depth=1", &url, "mirror.git"];
    lab.git(".", &clone);
    let mirror = format!("file://{}", lab.text("mirror.git"));
    lab.git("bo-clone", &["remote", "set-url", "origin", &mirror]);
    let run = commit(&team, &[]);
    assert_eq!(run.code, Some(1), "{}", run.shown());
    let cause = "  1. the remote is itself a shallow clone\n";
    assert!(run.err.contains(cause), "{}", run.shown());
    assert_eq!(lab.git("bo-clone", &["rev-list", "--count", "HEAD"]), "1");
}
