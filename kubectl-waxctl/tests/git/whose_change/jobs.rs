//! Scenarios of jobs of CI, whose source is in a repository of its own.

use super::super::lab::Run;
use super::super::people::{FEATURE, FIX, Team};

/// Commits the source of the pipeline, and returns the commit.
fn push_source(team: &Team, before: &str, after: &str) -> String {
    let lab = &team.lab;
    if !lab.path("code").exists() {
        lab.git(".", &["init", "-q", "code"]);
    }
    team.source("code", before, after);
    lab.git("code", &["add", "."]);
    lab.git("code", &["commit", "-qm", "Change the flow"]);
    lab.git("code", &["rev-parse", "HEAD"])
}

/// Checks a commit of the source out, as a job of CI does, and runs `df commit` on a new machine.
fn run_job(team: &Team, commit: &str, more: &[&str]) -> Run {
    let lab = &team.lab;
    if lab.path("job").exists() {
        std::fs::remove_dir_all(lab.path("job")).unwrap();
    }
    lab.git(".", &["init", "-q", "job"]);
    let url = format!("file://{}", lab.text("code"));
    lab.git("job", &["remote", "add", "origin", &url]);
    lab.git("job", &["fetch", "-q", "--depth=1", "origin", commit]);
    lab.git("job", &["checkout", "-q", "--detach", commit]);
    team.new_machine_for_bo();
    team.bo_with("job/orders.py", more)
}

pub(super) fn older_job(team: &Team) -> String {
    push_source(team, "", "");
    let older = push_source(team, "", FEATURE);
    let newer = push_source(team, FIX, FEATURE);
    run_job(team, &newer, &[]).succeeded();
    let run = run_job(team, &older, &[]);
    assert!(team.remote_has(&[FIX]), "{}", run.shown());
    let newest = push_source(team, FIX, "# newest");
    run_job(team, &newest, &[]).succeeded();
    assert!(!team.remote_has(&[FEATURE]), "a deliberate deletion");
    team.outcome(&run, &[])
}

pub(super) fn job_of_other_branch(team: &Team) -> String {
    let start = push_source(team, "", "");
    run_job(team, &start, &[]).succeeded();
    let ours = push_source(team, FIX, "");
    run_job(team, &ours, &[]).succeeded();
    team.lab
        .git("code", &["checkout", "-q", "-b", "other", &start]);
    let other = push_source(team, "", FEATURE);
    let run = run_job(team, &other, &[]);
    team.outcome(&run, &[FIX, FEATURE])
}

pub(super) fn hotfix_and_source_in_git(team: &Team) -> String {
    let first = push_source(team, "", "");
    run_job(team, &first, &["-p", "2"]).succeeded();
    team.by_hand("1i # fix of Ann", "orders.py");
    team.by_hand("s/processesCount: 2/processesCount: 5/", "dataflow.yaml");
    let second = push_source(team, "", "# 4");
    run_job(team, &second, &["-p", "2"]).succeeded();
    let third = push_source(team, "", FEATURE);
    let run = run_job(team, &third, &["-p", "2"]);
    assert!(
        team.remote_file("dataflow.yaml")
            .contains("processesCount: 5")
    );
    team.outcome(&run, &[FIX, FEATURE])
}

pub(super) fn squashed_job(team: &Team) -> String {
    let first = push_source(team, "", "# 4");
    run_job(team, &first, &[]).succeeded();
    let second = push_source(team, "", "# 5");
    run_job(team, &second, &[]).succeeded();
    // The forge has squashed the second one under another message.
    team.pull();
    let lab = &team.lab;
    lab.git(
        "repo",
        &["commit", "-q", "--amend", "-m", "Change the flow (#12)"],
    );
    lab.git("repo", &["push", "-q", "--force"]);
    let third = push_source(team, "", FEATURE);
    let run = run_job(team, &third, &[]);
    team.outcome(&run, &[FEATURE])
}
