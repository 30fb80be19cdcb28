//! Tests whose changes a commit keeps, and what it refuses to take back: each scenario in each kind of clone.

use std::panic::catch_unwind;

use rstest::rstest;

use super::people::{FEATURE, FIX, Team};

mod told;

/// What happens, and what has become of Bo's commit; with `--repo URL` there is no clone that tells what Bo has seen.
struct Scenario {
    name: &'static str,
    run: fn(&Team) -> String,
    outcome: &'static str,
    by_url: &'static str,
}

const fn scenario(name: &'static str, run: fn(&Team) -> String, outcome: &'static str) -> Scenario {
    Scenario {
        name,
        run,
        outcome,
        by_url: outcome,
    }
}

const SCENARIOS: [Scenario; 18] = [
    Scenario {
        by_url: "told",
        ..scenario("not pulled, other lines", not_pulled_other_lines, "merged")
    },
    Scenario {
        by_url: "told",
        ..scenario("not pulled, same line", not_pulled_same_line, "conflict")
    },
    scenario(
        "not pulled, made the first render",
        made_first_render,
        "merged",
    ),
    scenario(
        "pulled, source lacks the change",
        pulled_source_lacks,
        "told",
    ),
    scenario("the same with --take-back", pulled_take_back, "merged"),
    scenario("pulled, flag goes back", pulled_flag_goes_back, "told"),
    scenario("older CI job", older_job, "older"),
    scenario("CI job of another branch", job_of_other_branch, "merged"),
    scenario(
        "hand edit, then runs without records",
        hotfix_is_kept,
        "merged",
    ),
    scenario(
        "hand edit of the same line",
        hotfix_of_same_line,
        "conflict",
    ),
    scenario(
        "hand edit of a value that a flag sets",
        hotfix_of_value,
        "merged",
    ),
    scenario(
        "hand edit, then runs of CI",
        hotfix_and_source_in_git,
        "merged",
    ),
    scenario(
        "squash merge of CI without trailers",
        squashed_job,
        "merged",
    ),
    scenario("removed by hand", removed_by_hand, "told"),
    scenario(
        "squash merge without trailers",
        squashed_without_trailers,
        "merged",
    ),
    scenario(
        "squash merge with quoted trailers",
        squashed_with_quotes,
        "merged",
    ),
    scenario("cherry-pick onto a hand edit", picked_onto_hotfix, "merged"),
    scenario("revert, and revert of the revert", reverted_twice, "merged"),
];

#[rstest]
#[case("full")]
#[case("shallow")]
#[case("blobless")]
#[case("URL")]
#[case("worktree")]
#[case("CI")]
fn nobody_loses_changes(#[case] kind: &'static str) {
    let mut wrong = Vec::new();
    for scenario in SCENARIOS {
        let expected = if kind == "URL" {
            scenario.by_url
        } else {
            scenario.outcome
        };
        let run = || (scenario.run)(&Team::new(kind));
        let outcome = catch_unwind(run).unwrap_or_else(|_| "failed".to_owned());
        let name = scenario.name;
        println!(
            "{kind:9} {name:38} {}",
            outcome.lines().next().unwrap_or_default()
        );
        if outcome != expected {
            wrong.push(format!("{name}: not {expected} but {outcome}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Ann makes the first render, and Bo clones.
fn both_start(team: &Team) {
    team.source("ann", "", "");
    team.ann(&[]).succeeded();
    team.clone_for_bo();
}

fn not_pulled_other_lines(team: &Team) -> String {
    both_start(team);
    team.source("ann", FIX, "");
    team.ann(&[]).succeeded();
    team.source("bo", "", FEATURE);
    let run = team.bo(&[]);
    team.outcome(&run, &[FIX, FEATURE])
}

fn not_pulled_same_line(team: &Team) -> String {
    both_start(team);
    team.source("ann", "", FIX);
    team.ann(&[]).succeeded();
    team.source("bo", "", FEATURE);
    let run = team.bo(&[]);
    assert!(team.remote_has(&[FIX]), "{}", run.shown());
    team.outcome(&run, &[FIX, FEATURE])
}

fn made_first_render(team: &Team) -> String {
    team.clone_for_bo();
    team.source("bo", "", "");
    team.bo(&["-p", "2"]).succeeded();
    team.source("ann", FIX, "");
    team.ann(&["-p", "3"]).succeeded();
    team.source("bo", "", FEATURE);
    let run = team.bo(&["-p", "2"]).succeeded();
    assert!(
        team.remote_file("dataflow.yaml")
            .contains("processesCount: 3")
    );
    assert!(run.err.contains("kept changes"), "{}", run.shown());
    team.outcome(&run, &[FIX, FEATURE])
}

fn pulled_source_lacks(team: &Team) -> String {
    team.source("ann", "", "");
    team.ann(&[]).succeeded();
    team.source("ann", FIX, "");
    team.ann(&[]).succeeded();
    team.clone_for_bo();
    team.source("bo", "", FEATURE);
    let run = team.bo(&[]);
    assert!(team.remote_has(&[FIX]), "{}", run.shown());
    assert!(run.err.contains(FIX), "{}", run.shown());
    team.outcome(&run, &[FEATURE])
}

fn pulled_take_back(team: &Team) -> String {
    pulled_source_lacks(team);
    let run = team.bo(&["--take-back"]);
    assert!(!team.remote_has(&[FIX]), "{}", run.shown());
    team.outcome(&run, &[FEATURE])
}

fn pulled_flag_goes_back(team: &Team) -> String {
    team.source("ann", "", "");
    team.ann(&["-p", "2"]).succeeded();
    team.ann(&["-p", "5"]).succeeded();
    team.clone_for_bo();
    team.source("bo", "", FEATURE);
    let run = team.bo(&["-p", "2"]);
    assert!(
        team.remote_file("dataflow.yaml")
            .contains("processesCount: 5")
    );
    team.outcome(&run, &[])
}

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
fn run_job(team: &Team, commit: &str, more: &[&str]) -> super::lab::Run {
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

fn older_job(team: &Team) -> String {
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

fn job_of_other_branch(team: &Team) -> String {
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

fn hotfix_is_kept(team: &Team) -> String {
    both_start(team);
    team.by_hand("1i # fix of Ann", "orders.py");
    for after in ["# 4", "# 4;# 5", "# 4;# 5;# feature of Bo"] {
        team.new_machine_for_bo();
        team.source("bo", "", after);
        let run = team.bo(&[]).succeeded();
        assert!(run.err.contains("kept changes"), "{}", run.shown());
        if after.ends_with("Bo") {
            return team.outcome(&run, &[FIX, FEATURE]);
        }
    }
    "no run".to_owned()
}

fn hotfix_of_same_line(team: &Team) -> String {
    both_start(team);
    team.by_hand("s/# 3/# 3 repaired/", "orders.py");
    team.new_machine_for_bo();
    team.source("bo", "", "");
    let text = team.lab.read("bo/orders.py").replace("# 3", "# three");
    team.lab.write("bo/orders.py", text);
    let run = team.bo(&[]);
    assert!(team.remote_has(&["# 3 repaired"]), "{}", run.shown());
    team.outcome(&run, &[])
}

fn hotfix_of_value(team: &Team) -> String {
    team.source("ann", "", "");
    team.ann(&["-p", "2"]).succeeded();
    team.by_hand("s/processesCount: 2/processesCount: 5/", "dataflow.yaml");
    team.clone_for_bo();
    team.source("bo", "", FEATURE);
    let run = team.bo(&["-p", "2"]);
    assert!(
        team.remote_file("dataflow.yaml")
            .contains("processesCount: 5")
    );
    let clash = team.bo(&["-p", "3"]);
    assert_eq!(team.outcome(&clash, &[]), "conflict");
    team.outcome(&run, &[FEATURE])
}

fn hotfix_and_source_in_git(team: &Team) -> String {
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

fn squashed_job(team: &Team) -> String {
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

fn removed_by_hand(team: &Team) -> String {
    both_start(team);
    team.pull();
    team.lab.git("repo", &["rm", "-qr", "apps/prod/orders"]);
    team.lab.git("repo", &["commit", "-qm", "Stop the flow"]);
    team.lab.git("repo", &["push", "-q"]);
    team.new_machine_for_bo();
    team.source("bo", "", FEATURE);
    let run = team.bo(&[]);
    if run.code == Some(0) {
        return "added".to_owned();
    }
    team.bo(&["--take-back"]).succeeded();
    team.outcome(&run, &[])
}

/// Bo changes the flow on a branch of the remote, and the forge squashes it. Bo's next commit follows.
fn squashed(team: &Team, message: fn(&str) -> String) -> String {
    team.source("bo", "", "");
    team.clone_for_bo();
    team.bo(&[]).succeeded();
    team.pull();
    team.source("bo", "", "# 4");
    let lab = &team.lab;
    lab.git("repo", &["checkout", "-q", "-b", "change"]);
    let mut command = lab.waxctl(
        "repo",
        &["../bo/orders.py", "--name", "orders", "--env", "prod"],
    );
    command.env("HOME", lab.path("home-bo"));
    lab.run(command).succeeded();
    let own = lab.git("repo", &["log", "-1", "--format=%B", "change"]);
    lab.git("repo", &["checkout", "-q", "main"]);
    lab.git("repo", &["merge", "-q", "--squash", "change"]);
    lab.git("repo", &["commit", "-qm", &message(&own)]);
    lab.git("repo", &["push", "-q"]);
    team.source("bo", "", FEATURE);
    let run = team.bo(&[]);
    team.outcome(&run, &[FEATURE])
}

fn squashed_without_trailers(team: &Team) -> String {
    squashed(team, |_| "Change the flow (#12)".to_owned())
}

fn squashed_with_quotes(team: &Team) -> String {
    squashed(team, |own| {
        let quoted = own.replace('\n', "\n  ");
        format!("Change the flow (#12)\n\n* {quoted}\n\nCo-authored-by: Cy <cy@example.com>")
    })
}

/// The render that Ann made on a branch is picked onto a repaired main. Then a new machine commits.
fn picked_onto_hotfix(team: &Team) -> String {
    both_start(team);
    let lab = &team.lab;
    lab.git("repo", &["checkout", "-q", "-b", "change"]);
    team.source("ann", "", "# 4");
    let args = ["../ann/orders.py", "--name", "orders", "--env", "prod"];
    lab.commit("repo", &args).succeeded();
    lab.git("repo", &["checkout", "-q", "main"]);
    team.by_hand("1i # fix of Ann", "orders.py");
    lab.git("repo", &["cherry-pick", "-x", "change"]);
    lab.git("repo", &["push", "-q"]);
    team.new_machine_for_bo();
    team.source("bo", "", "# 4;# 5;# feature of Bo");
    let run = team.bo(&[]);
    team.outcome(&run, &[FIX, FEATURE])
}

fn reverted_twice(team: &Team) -> String {
    both_start(team);
    team.source("bo", "", "# 4");
    team.bo(&[]).succeeded();
    let lab = &team.lab;
    team.pull();
    lab.git("repo", &["revert", "--no-edit", "HEAD"]);
    lab.git("repo", &["push", "-q"]);
    team.source("bo", "# on top", "# 4");
    team.bo(&[]).succeeded();
    assert!(!team.remote_has(&["# 4"]), "the revert stays");
    team.pull();
    lab.git("repo", &["revert", "--no-edit", "HEAD~1"]);
    lab.git("repo", &["push", "-q"]);
    team.source("bo", "# on top", "# 4;# feature of Bo");
    let run = team.bo(&[]);
    team.outcome(&run, &["# on top", "# 4", FEATURE])
}
