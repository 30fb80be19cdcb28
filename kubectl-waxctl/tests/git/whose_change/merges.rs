//! Scenarios of commits that a forge or a person has squashed, rebased, picked or reverted.

use super::super::people::{FEATURE, FIX, Team};
use super::both_start;

/// Bo changes the flow on the branch `change`.
fn change_on_branch(team: &Team) {
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
    lab.git("repo", &["checkout", "-q", "main"]);
}

/// The forge squashes Bo's branch. Bo's next commit follows.
fn squashed(team: &Team, message: fn(&str) -> String) -> String {
    change_on_branch(team);
    let lab = &team.lab;
    let own = lab.git("repo", &["log", "-1", "--format=%B", "change"]);
    lab.git("repo", &["merge", "-q", "--squash", "change"]);
    lab.git("repo", &["commit", "-qm", &message(&own)]);
    lab.git("repo", &["push", "-q"]);
    team.source("bo", "", FEATURE);
    let run = team.bo(&[]);
    team.outcome(&run, &[FEATURE])
}

/// Main goes on, and the forge rebases Bo's branch: its commit gets another name and another parent.
pub(super) fn rebased(team: &Team) -> String {
    change_on_branch(team);
    team.by_hand("1i # fix of Ann", "orders.py");
    let lab = &team.lab;
    let before = lab.git("repo", &["rev-parse", "change"]);
    lab.git("repo", &["rebase", "-q", "main", "change"]);
    assert_ne!(lab.git("repo", &["rev-parse", "change"]), before);
    lab.git("repo", &["checkout", "-q", "main"]);
    lab.git("repo", &["merge", "-q", "--ff-only", "change"]);
    lab.git("repo", &["push", "-q"]);
    team.source("bo", "", "# 4;# feature of Bo");
    let run = team.bo(&[]);
    team.outcome(&run, &[FIX, "# 4", FEATURE])
}

pub(super) fn squashed_without_trailers(team: &Team) -> String {
    squashed(team, |_| "Change the flow (#12)".to_owned())
}

pub(super) fn squashed_with_quotes(team: &Team) -> String {
    squashed(team, |own| {
        let quoted = own.replace('\n', "\n  ");
        format!("Change the flow (#12)\n\n* {quoted}\n\nCo-authored-by: Cy <cy@example.com>")
    })
}

/// The render that Ann made on a branch is picked onto a repaired main. Then a new machine commits.
pub(super) fn picked_onto_hotfix(team: &Team) -> String {
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

pub(super) fn reverted_twice(team: &Team) -> String {
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
