//! Tests branches that are named in unusual ways, and branches whose objects are missing.

use std::fs;
use std::os::unix::fs::symlink;

use rstest::rstest;

use super::lab::Lab;

/// Fails unless working tree, index and the checked-out branch agree.
fn agrees(lab: &Lab) {
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
    let file = lab.read("repo/apps/prod/orders/dataflow.yaml");
    assert!(file.contains("processesCount: 3"), "{file}");
}

#[rstest]
#[case::alias_is_named("trunk", false)]
#[case::alias_is_checked_out("main", true)]
fn commit_through_alias_updates_working_tree(#[case] branch: &str, #[case] checked_out: bool) {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    lab.git(
        "repo",
        &["symbolic-ref", "refs/heads/trunk", "refs/heads/main"],
    );
    if checked_out {
        lab.git("repo", &["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    }
    lab.commit_orders(&["--branch", branch, "-p", "3"])
        .succeeded();
    agrees(&lab);
}

#[test]
fn alias_of_remote_branch_is_refused() {
    let lab = Lab::with_remote();
    let alias = ["symbolic-ref", "refs/heads/up", "refs/remotes/origin/main"];
    lab.git("repo", &alias);
    let refs = lab.git("repo", &["show-ref"]);
    assert_eq!(lab.commit_orders(&["--branch", "up"]).code, Some(2));
    assert_eq!(lab.git("repo", &["show-ref"]), refs);
}

#[rstest]
#[case::symbolic_link(true)]
#[case::two_spaces(false)]
fn unusual_head_is_no_detached_one(#[case] link: bool) {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    let head = lab.path("repo/.git/HEAD");
    fs::remove_file(&head).unwrap();
    if link {
        symlink("refs/heads/main", &head).unwrap();
    } else {
        fs::write(&head, "ref:  refs/heads/main\n").unwrap();
    }
    lab.commit_orders(&["-p", "3"]).succeeded();
    agrees(&lab);
}

#[test]
fn branch_without_its_commit_is_an_error() {
    let lab = Lab::with_repository();
    lab.git("repo", &["branch", "feature"]);
    let tip = lab.git("repo", &["rev-parse", "feature"]);
    let object = format!("repo/.git/objects/{}/{}", &tip[..2], &tip[2..]);
    fs::remove_file(lab.path(&object)).unwrap();
    let run = lab.commit_orders(&["--branch", "feature"]);
    assert_eq!(run.code, Some(1), "{}", run.shown());
    assert_eq!(lab.read("repo/.git/refs/heads/feature").trim(), tip);
}

#[test]
fn nothing_to_commit_makes_no_branch() {
    let lab = Lab::with_remote();
    lab.commit_orders(&["--push"]).succeeded();
    let run = lab
        .commit_orders(&["--branch", "release", "--push"])
        .succeeded();
    assert!(run.err.contains("Nothing to commit"), "{}", run.err);
    assert_eq!(lab.git("remote.git", &["branch", "--list", "release"]), "");
}

#[test]
fn careful_line_ends_do_not_refuse_rendered_files() {
    let lab = Lab::with_repository();
    for (name, value) in [("core.autocrlf", "true"), ("core.safecrlf", "true")] {
        lab.git("repo", &["config", name, value]);
    }
    lab.commit_orders(&["--branch", "other"]).succeeded();
}

#[rstest]
#[case::shallow_clone(false)]
#[case::address(true)]
fn new_branch_is_pushed_from_cut_history(#[case] by_address: bool) {
    let lab = Lab::with_remote();
    lab.commit_orders(&["--push"]).succeeded();
    for number in 1..5 {
        lab.write("repo/README.md", format!("{number}\n"));
        lab.git("repo", &["commit", "-qam", "More"]);
    }
    lab.git("repo", &["push", "-q", "origin", "main"]);
    let url = format!("file://{}", lab.text("remote.git"));
    let flow = ["--name", "orders", "--env", "prod", "-p", "4"];
    let push = ["--branch", "deploy", "--push"];
    if by_address {
        let args = [&["orders.py"], &flow[..], &push, &["--repo", &url]].concat();
        lab.commit(".", &args).succeeded();
    } else {
        lab.git(".", &["clone", "-q", "--depth=1", &url, "ci"]);
        let args = [&["../orders.py"], &flow[..], &push].concat();
        lab.commit("ci", &args).succeeded();
    }
    let base = lab.git("remote.git", &["merge-base", "main", "deploy"]);
    assert_eq!(base, lab.git("remote.git", &["rev-parse", "main"]));
}
