//! Tests where a push goes: to the place to which git itself would push the branch.

use super::lab::{Lab, Run};

struct Case {
    name: &'static str,
    settings: &'static [(&'static str, &'static str)],
    more: &'static [&'static str],
    /// Repository and branch that get the commit; `None` if the push is refused.
    lands_on: Option<(&'static str, &'static str)>,
}

// A clone with a second remote, on a branch whose upstream has another name.
fn on_feature() -> Lab {
    let lab = Lab::with_remote();
    lab.git(".", &["clone", "-q", "--bare", "repo", "fork.git"]);
    lab.git("repo", &["remote", "add", "fork", &lab.text("fork.git")]);
    lab.git("repo", &["checkout", "-q", "-b", "feature", "origin/main"]);
    lab
}

fn pushed(case: &Case) -> (Lab, Run) {
    let lab = on_feature();
    for (name, value) in case.settings {
        lab.git("repo", &["config", name, value]);
    }
    let run = lab.commit_orders(&[&["--push"], case.more].concat());
    (lab, run)
}

const CASES: [Case; 13] = [
    Case {
        name: "another name is refused",
        settings: &[],
        more: &[],
        lands_on: None,
    },
    Case {
        name: "the named branch",
        settings: &[],
        more: &["--branch", "feature"],
        lands_on: Some(("remote.git", "feature")),
    },
    Case {
        name: "the named upstream",
        settings: &[],
        more: &["--branch", "main"],
        lands_on: Some(("remote.git", "main")),
    },
    Case {
        name: "push.default=upstream",
        settings: &[("push.default", "upstream")],
        more: &[],
        lands_on: Some(("remote.git", "main")),
    },
    Case {
        name: "push.default=current",
        settings: &[("push.default", "current")],
        more: &[],
        lands_on: Some(("remote.git", "feature")),
    },
    Case {
        name: "remote.pushDefault",
        settings: &[("remote.pushDefault", "fork")],
        more: &[],
        lands_on: Some(("fork.git", "feature")),
    },
    Case {
        name: "branch.pushRemote",
        settings: &[
            ("remote.pushDefault", "origin"),
            ("branch.feature.pushRemote", "fork"),
        ],
        more: &[],
        lands_on: Some(("fork.git", "feature")),
    },
    Case {
        name: "remote.pushDefault and a new branch",
        settings: &[("remote.pushDefault", "fork")],
        more: &["--branch", "new"],
        lands_on: Some(("fork.git", "new")),
    },
    Case {
        name: "a refspec of the remote",
        settings: &[("remote.origin.push", "refs/heads/*:refs/heads/ann/*")],
        more: &[],
        lands_on: Some(("remote.git", "ann/feature")),
    },
    Case {
        name: "a refspec to a review",
        settings: &[("remote.origin.push", "refs/heads/*:refs/for/*")],
        more: &[],
        lands_on: None,
    },
    Case {
        name: "a refspec of HEAD to a review",
        settings: &[("remote.origin.push", "HEAD:refs/for/main")],
        more: &[],
        lands_on: None,
    },
    Case {
        name: "a refspec of HEAD to another branch",
        settings: &[("remote.origin.push", "+HEAD:refs/heads/review/ann")],
        more: &[],
        lands_on: Some(("remote.git", "review/ann")),
    },
    Case {
        name: "the same name with push.default=nothing",
        settings: &[
            ("push.default", "nothing"),
            ("branch.feature.merge", "refs/heads/feature"),
        ],
        more: &[],
        lands_on: Some(("remote.git", "feature")),
    },
];

#[test]
fn push_goes_where_git_would_push() {
    for case in &CASES {
        let (lab, run) = pushed(case);
        let branches =
            |repository| lab.git(repository, &["for-each-ref", "--format=%(refname:short)"]);
        let start = lab.git("repo", &["rev-parse", "origin/main"]);
        let Some((repository, branch)) = case.lands_on else {
            assert_ne!(run.code, Some(0), "{}: {run:?}", case.name);
            for repository in ["remote.git", "fork.git"] {
                assert_eq!(branches(repository), "main", "{}", case.name);
                assert_eq!(lab.git(repository, &["rev-parse", "main"]), start);
            }
            continue;
        };
        assert_eq!(run.code, Some(0), "{}: {run:?}", case.name);
        let files = lab.git(repository, &["ls-tree", "-r", "--name-only", branch]);
        assert!(
            files.contains("apps/prod/orders/orders.py"),
            "{}",
            case.name
        );
        for (other, place) in [("remote.git", "main"), ("fork.git", "main")] {
            if (other, place) != (repository, branch) {
                let files = lab.git(other, &["ls-tree", "-r", "--name-only", place]);
                assert_eq!(files, "README.md", "{}", case.name);
            }
        }
    }
}

#[test]
fn refused_destination_says_both_ways_out() {
    let refused = [0, 9].map(|number: usize| pushed(&CASES[number]).1.shown());
    let lab = on_feature();
    let address = "https://ann:s3cret@forge.example/x.git";
    lab.git("repo", &["config", "remote.pushDefault", address]);
    let by_address = lab.commit_orders(&["--push"]).shown();
    insta::assert_snapshot!(format!("{}=====\n{by_address}", refused.join("=====\n")));
}

#[test]
fn name_of_remote_branch_is_refused() {
    let lab = Lab::with_remote();
    let refs = lab.git("repo", &["show-ref"]);
    let refused = [
        "origin/main",
        "remotes/origin/main",
        "refs/remotes/origin/new",
        "HEAD",
        "FETCH_HEAD",
        "@",
        "tags/v1",
        "refs/notes/x",
        "a..b",
    ];
    let refused = refused.map(|name| lab.commit_orders(&["--branch", name]).shown());
    assert_eq!(lab.git("repo", &["show-ref"]), refs);
    insta::assert_snapshot!(refused.join("=====\n"), @r#"
    error: `origin/main` is a branch of the remote `origin`
    hint: name the branch without the remote: add `--branch main`
    -- exit code 2
    =====
    error: `remotes/origin/main` is a branch of the remote `origin`
    hint: name the branch without the remote: add `--branch main`
    -- exit code 2
    =====
    error: `refs/remotes/origin/new` is a branch of the remote `origin`
    hint: name the branch without the remote: add `--branch new`
    -- exit code 2
    =====
    error: `HEAD` names no branch: git means something else by it
    hint: name a branch by its short name, such as `--branch orders`
    -- exit code 2
    =====
    error: `FETCH_HEAD` names no branch: git means something else by it
    hint: name a branch by its short name, such as `--branch orders`
    -- exit code 2
    =====
    error: `@` names no branch: git means something else by it
    hint: name a branch by its short name, such as `--branch orders`
    -- exit code 2
    =====
    error: `tags/v1` names no branch: git means something else by it
    hint: name a branch by its short name, such as `--branch orders`
    -- exit code 2
    =====
    error: `refs/notes/x` names no branch: git means something else by it
    hint: name a branch by its short name, such as `--branch orders`
    -- exit code 2
    =====
    error: "a..b" is not a valid branch name
    hint: choose a name such as `feature/orders`; git allows no space and none of `..`, `~`, `^`, `:`, `?`, `*`, `[` and `\`
    -- exit code 2
    "#);
    // Both are the full name of a branch.
    for name in ["heads/one", "refs/heads/two"] {
        lab.commit_orders(&["--branch", name]).succeeded();
    }
    let branches = lab.git(
        "repo",
        &["for-each-ref", "--format=%(refname)", "refs/heads"],
    );
    assert!(
        branches.contains("refs/heads/one\nrefs/heads/two"),
        "{branches}"
    );
    // A name that begins so is no such branch.
    lab.commit_orders(&["--branch", "origin/new"]).succeeded();
}

#[test]
fn new_branch_starts_from_branch_of_the_remote() {
    let lab = Lab::with_remote();
    lab.git("repo", &["remote", "rename", "origin", "company"]);
    lab.write("repo/next.txt", "x");
    lab.git("repo", &["add", "."]);
    lab.git("repo", &["commit", "-qm", "Next"]);
    lab.git("repo", &["push", "-q", "company", "HEAD:next"]);
    lab.git("repo", &["reset", "-q", "--hard", "HEAD~1"]);
    lab.commit_orders(&["--branch", "next"]).succeeded();
    let files = lab.git("repo", &["ls-tree", "--name-only", "next"]);
    assert!(files.contains("next.txt"), "{files}");
}
