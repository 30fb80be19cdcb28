//! Tests commits without a push: their output, their changes, their refusals.

use std::fs;

use super::lab::{FLOW, Lab, footprint};

#[test]
fn first_commit_and_change_of_one_value() {
    let lab = Lab::with_repository();
    let first = lab.commit_orders(&["-n", "shop"]).succeeded();
    let again = lab.commit_orders(&[]).succeeded();
    lab.write("orders.py", format!("{FLOW}# more\n"));
    let second = lab
        .commit_orders(&["-p", "3", "-e", "LEVEL=info"])
        .succeeded();
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
    let log = lab.git(
        "repo",
        &["log", "-2", "--reverse", "--format=%an <%ae>%n%B"],
    );
    let log = log
        .lines()
        .map(|line| {
            let name = line.split(": ").next().unwrap_or_default();
            match name {
                "Waxctl-Revision" | "Waxctl-Render" => format!("{name}: ID\n"),
                _ => format!("{line}\n"),
            }
        })
        .collect::<String>();
    insta::assert_snapshot!([first.shown(), again.shown(), second.shown(), log].join("=====\n"));
    let trailers = lab.git(
        "repo",
        &[
            "log",
            "-1",
            "--format=%(trailers:key=Waxctl-Dataflow,key=Waxctl-Cost)",
        ],
    );
    assert_eq!(
        trailers,
        "Waxctl-Dataflow: prod/orders\nWaxctl-Cost: one restart"
    );
}

#[test]
fn commit_to_other_branch_keeps_dirty_worktree() {
    let lab = Lab::with_repository();
    for number in 0..10_000 {
        lab.write(
            &format!("repo/data/{}/{number}.txt", number % 100),
            number.to_string(),
        );
    }
    lab.git("repo", &["add", "."]);
    lab.git("repo", &["commit", "-qm", "Many files"]);
    lab.git("repo", &["branch", "live"]);
    lab.write("repo/data/7/7.txt", "edited");
    lab.write("repo/staged.txt", "staged");
    lab.git("repo", &["add", "staged.txt"]);
    lab.write("repo/untracked.txt", "untracked");
    fs::remove_file(lab.path("repo/data/8/8.txt")).unwrap();

    let before = footprint(&lab.path("repo"));
    lab.commit_orders(&["--branch", "live"]).succeeded();
    assert!(
        before == footprint(&lab.path("repo")),
        "worktree or index changed"
    );
    let added = lab.git("repo", &["diff", "--name-only", "main", "live"]);
    assert_eq!(added.lines().count(), 4, "{added}");
    lab.git("repo", &["fsck", "--strict"]);
}

#[test]
fn commit_keeps_unrelated_files_and_changes() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    lab.write("repo/README.md", "edited");
    lab.write("repo/staged.txt", "staged");
    lab.git("repo", &["add", "staged.txt"]);
    lab.commit_orders(&["-p", "2"]).succeeded();
    assert_eq!(
        lab.git("repo", &["status", "--porcelain"]),
        " M README.md\nA  staged.txt".trim_start_matches('\n')
    );
    assert!(
        lab.read("repo/apps/prod/orders/dataflow.yaml")
            .contains("processesCount: 2")
    );
}

#[test]
fn conflicting_local_changes_are_refused_and_kept() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    let path = "repo/apps/prod/orders/dataflow.yaml";
    let mine = lab.read(path) + "# mine\n";
    lab.write(path, &mine);
    let refused = lab.commit_orders(&["-p", "2"]);
    lab.git("repo", &["add", "."]);
    let staged = lab.commit_orders(&["-p", "2"]);
    assert_eq!(staged, refused);
    assert_eq!(lab.read(path), mine);
    insta::assert_snapshot!(refused.shown());
}

#[test]
fn folder_edited_in_place_is_committed_unchanged() {
    let lab = Lab::with_repository();
    lab.commit_orders(&["-p", "2"]).succeeded();
    let path = "repo/apps/prod/orders/dataflow.yaml";
    let mine = lab
        .read(path)
        .replace("processesCount: 2", "processesCount: 4 # peak hours");
    lab.write(path, &mine);
    lab.commit("repo/apps", &["prod/orders", "--env", "prod"])
        .succeeded();
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
    assert_eq!(lab.read(path), mine);

    // A user's edit of the file survives the next flag.
    lab.commit_orders(&["-e", "LEVEL=info"]).succeeded();
    let want = format!("{mine}  env:\n  - name: LEVEL\n    value: info\n");
    assert_eq!(lab.read(path), want);
}

#[test]
fn different_changes_in_git_and_source_conflict() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    lab.write(
        "repo/apps/prod/orders/orders.py",
        format!("{FLOW}# from a colleague\n"),
    );
    lab.git("repo", &["commit", "-qam", "Edit the flow in git"]);
    // An unchanged source does not revert it.
    lab.commit_orders(&["-p", "2"]).succeeded();
    assert!(
        lab.read("repo/apps/prod/orders/orders.py")
            .ends_with("colleague\n")
    );

    lab.git("repo", &["reset", "-q", "--hard", "HEAD~1"]);
    lab.write("orders.py", format!("{FLOW}# mine\n"));
    let refused = lab.commit_orders(&[]);
    insta::assert_snapshot!(refused.shown());
    lab.commit_orders(&["--reset"]).succeeded();
    assert!(
        lab.read("repo/apps/prod/orders/orders.py")
            .ends_with("mine\n")
    );
}

#[test]
fn failed_commits_have_causes_and_hints() {
    let lab = Lab::with_repository();
    lab.commit_orders(&["-n", "shop"]).succeeded();
    lab.write(
        "secret.py",
        format!("{FLOW}db = 'postgres://app:hunter2@db/x'\n"),
    );
    lab.write("code/flow.py", FLOW);
    lab.write("elsewhere/x", "");
    lab.git("repo", &["branch", "other"]);
    lab.git("repo", &["worktree", "add", "-q", "../second", "other"]);
    lab.write("repo/.git/MERGE_HEAD", "");
    let orders = ["../orders.py", "--name", "orders", "--env", "prod"];
    let with = |more: &[&'static str]| [&orders[..], more].concat();
    let cases: Vec<(&str, &str, Vec<&str>)> = vec![
        (
            "another namespace",
            "repo",
            with(&["-n", "bank", "--branch", "x"]),
        ),
        (
            "a secret",
            "repo",
            vec![
                "../secret.py",
                "--name",
                "s",
                "--env",
                "prod",
                "--branch",
                "x",
            ],
        ),
        (
            "not a repository",
            "elsewhere",
            vec!["../orders.py", "--name", "o", "--env", "prod"],
        ),
        (
            "inside .git",
            "repo/.git",
            vec!["../../orders.py", "--name", "o", "--env", "prod"],
        ),
        (
            "a URL without --push",
            "repo",
            with(&["--repo", "https://example.com/x.git"]),
        ),
        ("no remote", "repo", with(&["--push"])),
        ("a bad branch name", "repo", with(&["--branch", "a..b"])),
        (
            "checked out elsewhere",
            "repo",
            with(&["--branch", "other", "-p", "2"]),
        ),
        ("in a merge", "repo", with(&["-p", "2"])),
        (
            "a bad environment",
            "repo",
            vec!["../orders.py", "--name", "o", "--env", "../x"],
        ),
        (
            "several sources with flags",
            "repo",
            vec!["../orders.py", "../code", "--env", "prod", "-p", "2"],
        ),
        (
            "several without dataflow.yaml",
            "repo",
            vec!["../orders.py", "../code", "--env", "prod"],
        ),
    ];
    let before = lab.git("repo", &["show-ref"]);
    let shown: String = cases
        .iter()
        .map(|(what, cwd, args)| format!("=== {what}\n{}", lab.commit(cwd, args).shown()))
        .collect();
    assert_eq!(lab.git("repo", &["show-ref"]), before);
    insta::assert_snapshot!(shown);
}

#[test]
fn detached_head_needs_branch() {
    let lab = Lab::with_repository();
    lab.git("repo", &["checkout", "-q", "--detach"]);
    insta::assert_snapshot!(lab.commit_orders(&[]).shown());
    lab.commit_orders(&["--branch", "main"]).succeeded();
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
}

#[test]
fn only_environment_is_the_default() {
    let lab = Lab::with_repository();
    let without = ["../orders.py", "--name", "orders"];
    let none = lab.commit("repo", &without);
    lab.commit_orders(&[]).succeeded();
    lab.commit("repo", &["../orders.py", "--name", "second"])
        .succeeded();
    lab.commit("repo", &["../orders.py", "--name", "third", "--env", "dev"])
        .succeeded();
    let several = lab.commit("repo", &without);
    insta::assert_snapshot!([none.shown(), several.shown()].join("=====\n"));
}

#[test]
fn dry_run_shows_commit_and_writes_nothing() {
    let lab = Lab::with_repository();
    let before = footprint(&lab.path("repo"));
    let run = lab.commit_orders(&["--dry-run"]).succeeded();
    assert!(before == footprint(&lab.path("repo")));
    assert_eq!(
        lab.git("repo", &["count-objects"]),
        lab.git("repo", &["count-objects"])
    );
    insta::assert_snapshot!(run.shown());
}

#[test]
fn several_flows_make_one_commit() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    for name in ["one", "two"] {
        let yaml = lab
            .read("repo/apps/prod/orders/dataflow.yaml")
            .replace("orders", name);
        lab.write(
            &format!("flows/{name}/dataflow.yaml"),
            yaml.replace(&format!("{name}.py"), "flow.py"),
        );
        lab.write(&format!("flows/{name}/flow.py"), FLOW);
    }
    let first = lab
        .commit("repo", &["../flows/one", "../flows/two", "--env", "prod"])
        .succeeded();
    let message = lab.git("repo", &["log", "-1", "--format=%B"]);
    let lines = message
        .lines()
        .filter(|line| !line.starts_with("Waxctl-Re"));
    let message: String = lines.map(|line| format!("{line}\n")).collect();
    insta::assert_snapshot!(format!("{}=====\n{message}", first.shown()));
    let own = ["../flows/one", "--env", "prod", "-m", "Why not\n\nBecause."];
    lab.write("flows/one/flow.py", format!("{FLOW}# more\n"));
    lab.commit("repo", &own).succeeded();
    let message = lab.git("repo", &["log", "-1", "--format=%B"]);
    assert!(
        message.starts_with("Why not\n\nBecause.\n\nWaxctl-Dataflow: prod/one\n"),
        "{message}"
    );
}

#[test]
fn commit_runs_users_hooks_and_signing() {
    let lab = Lab::with_repository();
    let hook = |text: &str| {
        lab.executable(
            "repo/.git/hooks/commit-msg",
            &format!("#!/bin/sh\n{text}\n"),
        );
    };
    hook("echo 'no ticket number' >&2; exit 1");
    let refused = lab.commit_orders(&[]);
    hook("sed -i '1s/^/SHOP-1: /' \"$1\"");
    let status = lab
        .command("ssh-keygen", ".")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", "key"])
        .status();
    assert!(status.unwrap().success());
    lab.git("repo", &["config", "gpg.format", "ssh"]);
    lab.git("repo", &["config", "user.signingkey", &lab.text("key.pub")]);
    lab.git("repo", &["config", "commit.gpgsign", "true"]);
    let public = lab.read("key.pub");
    lab.write("signers", format!("ann@example.com {public}"));
    lab.git(
        "repo",
        &["config", "gpg.ssh.allowedSignersFile", &lab.text("signers")],
    );
    lab.commit_orders(&[]).succeeded();
    assert_eq!(
        lab.git("repo", &["log", "-1", "--format=%s %G?"]),
        "SHOP-1: Add dataflow orders in prod G"
    );
    fs::remove_file(lab.path("key")).unwrap();
    let unsigned = lab.commit_orders(&["-p", "2"]);
    assert_eq!(unsigned.code, Some(1));
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
    insta::assert_snapshot!(refused.shown());
}

#[test]
fn commit_without_identity_is_refused() {
    let lab = Lab::with_repository();
    lab.write("home/.gitconfig", "[user]\nuseConfigOnly = true\n");
    insta::assert_snapshot!(lab.commit_orders(&[]).shown());
}

#[test]
fn empty_message_is_refused_and_others_tidied() {
    let lab = Lab::with_repository();
    insta::assert_snapshot!(lab.commit_orders(&["-m", " \n"]).shown(), @r#"
    error: the commit message is empty
    hint: describe the change, such as `-m "Add a step"`, or leave out `-m`: then waxctl describes it
    -- exit code 2
    "#);
    lab.commit_orders(&["-m", "\n\nWhy \n\n\n\nBecause.\n"])
        .succeeded();
    let message = lab.git("repo", &["log", "-1", "--format=%B"]);
    assert!(
        message.starts_with("Why\n\nBecause.\n\nWaxctl-Dataflow: "),
        "{message}"
    );
}
