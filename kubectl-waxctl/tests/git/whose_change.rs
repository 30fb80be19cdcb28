//! Tests whose changes a commit keeps, and what it refuses to take back: each scenario in each kind of clone.

use std::panic::catch_unwind;

use rstest::rstest;

use super::people::{FEATURE, FIX, Team};
use jobs::{hotfix_and_source_in_git, job_of_other_branch, older_job, squashed_job};
use merges::{
    picked_onto_hotfix, rebased, reverted_twice, squashed_with_quotes, squashed_without_trailers,
};

mod history;
mod jobs;
mod merges;
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

const SCENARIOS: [Scenario; 20] = [
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
    scenario(
        "pulled, source brings a line back",
        pulled_brings_line_back,
        "told",
    ),
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
    scenario("rebase merge onto a hand edit", rebased, "merged"),
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
    let template = Team::template();
    for scenario in SCENARIOS {
        let expected = if kind == "URL" {
            scenario.by_url
        } else {
            scenario.outcome
        };
        let run = || (scenario.run)(&Team::copy_of(&template, kind));
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

fn pulled_brings_line_back(team: &Team) -> String {
    team.source("ann", "# old", "");
    team.ann(&[]).succeeded();
    team.source("ann", "", "");
    team.ann(&[]).succeeded();
    team.clone_for_bo();
    team.source("bo", "# old", "");
    let run = team.bo(&[]);
    assert!(!team.remote_has(&["# old"]), "{}", run.shown());
    assert!(run.err.contains("`# old` comes back"), "{}", run.shown());
    team.outcome(&run, &[])
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
