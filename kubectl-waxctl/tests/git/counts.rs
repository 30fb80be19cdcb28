//! Tests how many processes of git a commit starts: each costs about a millisecond.

use rstest::rstest;

use crate::lab::Lab;

/// Puts a `git` on the PATH that adds a line to `calls`.
fn count_calls(lab: &Lab) {
    let mut find = lab.command("sh", ".");
    let found = find.args(["-c", "command -v git"]).output().unwrap();
    let git = String::from_utf8(found.stdout).unwrap();
    let calls = lab.text("calls");
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> {calls}\nexec {} \"$@\"\n",
        git.trim()
    );
    lab.executable("bin/git", &script);
}

#[rstest]
#[case::to_checked_out_branch(&[], 10)]
#[case::to_another_branch(&["--branch", "other"], 6)]
fn commit_starts_few_processes(#[case] branch: &[&str], #[case] limit: usize) {
    let lab = Lab::with_repository();
    lab.git("repo", &["branch", "-q", "other"]);
    lab.commit_orders(branch).succeeded();
    count_calls(&lab);
    lab.commit_orders(&[branch, &["-p", "3"]].concat())
        .succeeded();
    let calls = lab.read("calls");
    assert!(calls.lines().count() <= limit, "{calls}");
}
