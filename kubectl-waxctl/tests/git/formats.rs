//! Tests all kinds of repositories, and of folders in them.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use process_group::Program;

use super::lab::{FLOW, Lab};

const ORDERS: [&str; 4] = ["--name", "orders", "--env", "prod"];

fn clean(lab: &Lab, repository: &str) {
    assert_eq!(lab.git(repository, &["status", "--porcelain"]), "");
    lab.git(repository, &["fsck", "--strict"]);
}

#[test]
fn sha256_repository_works_through_plumbing() {
    let lab = Lab::new();
    lab.git(".", &["init", "-q", "--object-format=sha256", "repo"]);
    lab.git(
        ".",
        &[
            "init",
            "-q",
            "--object-format=sha256",
            "--bare",
            "remote.git",
        ],
    );
    lab.git(
        "repo",
        &["remote", "add", "origin", &lab.text("remote.git")],
    );
    lab.commit_orders(&[]).succeeded();
    lab.commit_orders(&["-p", "2"]).succeeded();
    lab.git("repo", &["push", "-q", "-u", "origin", "main"]);
    lab.commit_orders(&["-p", "3", "--push"]).succeeded();
    clean(&lab, "repo");
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "3");
    let url = format!("file://{}", lab.text("remote.git"));
    lab.commit_orders(&["-p", "4", "--push", "--repo", &url])
        .succeeded();
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "4");
}

// The configuration that `git init --ref-format=reftable` and future formats write. Only a git that knows the format
// opens such a repository. Then waxctl uses git's plumbing for everything, as for SHA-256.
#[test]
fn unknown_repository_format_is_named() {
    let lab = Lab::with_repository();
    lab.git("repo", &["config", "core.repositoryformatversion", "1"]);
    lab.git("repo", &["config", "extensions.fromthefuture", "true"]);
    insta::assert_snapshot!(lab.commit_orders(&[]).shown());
}

#[test]
fn partial_clone_fetches_missing_objects() {
    let lab = Lab::with_remote();
    lab.commit_orders(&["--push"]).succeeded();
    for setting in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        lab.git("remote.git", &["config", setting, "true"]);
    }
    let url = format!("file://{}", lab.text("remote.git"));
    lab.git(
        ".",
        &[
            "clone",
            "-q",
            "--filter=tree:0",
            "--no-checkout",
            &url,
            "partial",
        ],
    );
    let args = [
        &["../orders.py"],
        &ORDERS[..],
        &["-p", "2", "--branch", "live", "--push"],
    ]
    .concat();
    lab.commit("partial", &args).succeeded();
    let text = lab.git(
        "remote.git",
        &["show", "live:apps/prod/orders/dataflow.yaml"],
    );
    assert!(text.contains("processesCount: 2"), "{text}");
}

#[test]
fn first_commit_of_repository_works() {
    let lab = Lab::new();
    lab.git(".", &["init", "-q", "repo"]);
    lab.commit_orders(&[]).succeeded();
    clean(&lab, "repo");
    assert_eq!(lab.git("repo", &["rev-list", "--count", "main"]), "1");
}

#[test]
fn linked_worktree_uses_own_index() {
    let lab = Lab::with_repository();
    lab.git("repo", &["worktree", "add", "-q", "-b", "live", "../live"]);
    let args = [&["../orders.py"], &ORDERS[..]].concat();
    lab.commit("live", &args).succeeded();
    clean(&lab, "live");
    clean(&lab, "repo");
    assert_eq!(
        lab.git("live", &["diff", "--name-only", "main"])
            .lines()
            .count(),
        4
    );
}

#[test]
fn submodule_is_separate_repository() {
    let lab = Lab::with_repository();
    lab.git(".", &["clone", "-q", "--bare", "repo", "apps.git"]);
    let url = lab.text("apps.git");
    lab.git(
        "repo",
        &[
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            &url,
            "apps",
        ],
    );
    lab.git("repo", &["commit", "-qm", "Add the submodule"]);
    let parent = lab.commit_orders(&[]);
    let args = [&["../../orders.py"], &ORDERS[..]].concat();
    lab.commit("repo/apps", &args).succeeded();
    clean(&lab, "repo/apps");
    insta::assert_snapshot!(parent.shown());
}

#[test]
fn nested_folder_and_bare_repository_are_found() {
    let lab = Lab::with_remote();
    lab.write("repo/a/b/x", "");
    let args = [&["../../../orders.py"], &ORDERS[..]].concat();
    lab.commit("repo/a/b", &args).succeeded();
    assert!(lab.path("repo/apps/prod/orders/orders.py").is_file());
    let args = [&["orders.py"], &ORDERS[..], &["--repo", "remote.git"]].concat();
    lab.commit(".", &args).succeeded();
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "2");
    lab.git("remote.git", &["fsck", "--strict"]);
}

#[test]
fn line_ends_follow_repository_attributes() {
    let lab = Lab::with_repository();
    lab.write("repo/.gitattributes", "*.py text eol=crlf\n");
    lab.git("repo", &["add", "."]);
    lab.git("repo", &["commit", "-qm", "Attributes"]);
    lab.write("orders.py", FLOW.replace('\n', "\r\n"));
    lab.commit_orders(&[]).succeeded();
    clean(&lab, "repo");
    lab.commit(
        "repo",
        &[
            "../orders.py",
            "--name",
            "orders",
            "--env",
            "dev",
            "--branch",
            "other",
        ],
    )
    .succeeded();
    for blob in [
        "main:apps/prod/orders/orders.py",
        "other:apps/dev/orders/orders.py",
    ] {
        assert!(!lab.git("repo", &["show", blob]).contains('\r'), "{blob}");
    }
    assert!(lab.read("repo/apps/prod/orders/orders.py").contains("\r\n"));
    lab.git("repo", &["checkout", "-q", "other"]);
    clean(&lab, "repo");
}

#[test]
fn file_keeps_carriage_returns() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    let path = "repo/apps/prod/orders/dataflow.yaml";
    let windows = lab.read(path).replace('\n', "\r\n");
    lab.write(path, &windows);
    lab.git("repo", &["commit", "-qam", "Edited on Windows"]);
    lab.commit_orders(&["-p", "2"]).succeeded();
    assert_eq!(lab.read(path), format!("{windows}  processesCount: 2\r\n"));
    clean(&lab, "repo");
}

#[test]
fn filters_links_and_foreign_locks_stop_commit() {
    let lab = Lab::with_repository();
    lab.write("repo/.gitattributes", "apps/dev/** filter=lfs\n");
    std::os::unix::fs::symlink("..", lab.path("repo/linked")).unwrap();
    lab.git("repo", &["add", "."]);
    lab.git("repo", &["commit", "-qm", "Attributes"]);
    let filtered = lab.commit(
        "repo",
        &["../orders.py", "--name", "orders", "--env", "dev"],
    );
    lab.git("repo", &["rm", "-q", "linked"]);
    std::os::unix::fs::symlink("..", lab.path("repo/apps")).unwrap();
    let linked = lab.commit_orders(&[]);
    std::fs::remove_file(lab.path("repo/apps")).unwrap();
    lab.write("repo/.git/index.lock", "");
    let locked = lab.commit_orders(&[]);
    assert!(lab.path("repo/.git/index.lock").exists());
    std::fs::remove_file(lab.path("repo/.git/index.lock")).unwrap();
    lab.write("repo/.git/refs/heads/main.lock", "");
    let branch_locked = lab.commit_orders(&["-p", "2"]);
    assert!(lab.path("repo/.git/refs/heads/main.lock").exists());
    let shown = [
        filtered.shown(),
        linked.shown(),
        locked.shown(),
        branch_locked.shown(),
    ];
    insta::assert_snapshot!(shown.join("=====\n"));
}

#[test]
fn interrupted_push_leaves_valid_repository() {
    let lab = Lab::with_remote();
    let fifo = lab.path("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
    let wait = format!(
        "#!/bin/sh\necho here > {0}\nread never < {0}\n",
        fifo.display()
    );
    lab.executable("repo/.git/hooks/pre-push", &wait);
    let args = [&["../orders.py"], &ORDERS[..], &["--push"]].concat();
    let mut command = lab.waxctl_in_terminal("repo", &args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = Program::start(&mut command).unwrap();
    assert_eq!(std::fs::read_to_string(&fifo).unwrap(), "here\n");
    program.interrupt().unwrap();
    let status = program.wait().unwrap();
    assert!(
        status.signal() == Some(2) || status.code() == Some(130),
        "{status:?}"
    );
    std::fs::remove_file(lab.path("repo/.git/hooks/pre-push")).unwrap();
    lab.commit("repo", &args).succeeded();
    clean(&lab, "repo");
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "2");
}

/// Interrupts a commit while git is in a state of the change of the branch, and returns the number of commits then.
fn commits_after_interrupt_in(state: &str) -> String {
    let lab = Lab::with_repository();
    let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
    let (begun, go) = (lab.path("begun"), lab.path("go"));
    nix::unistd::mkfifo(&begun, mode).unwrap();
    nix::unistd::mkfifo(&go, mode).unwrap();
    let wait = format!(
        "#!/bin/sh\n[ \"$1\" = {state} ] || exit 0\necho here > {}\nread word < {}\n",
        begun.display(),
        go.display()
    );
    lab.executable("repo/.git/hooks/reference-transaction", &wait);
    let args = [&["../orders.py"], &ORDERS[..]].concat();
    let mut command = lab.waxctl_in_terminal("repo", &args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = Program::start(&mut command).unwrap();
    assert_eq!(std::fs::read_to_string(&begun).unwrap(), "here\n");
    program.interrupt().unwrap();
    if state == "committed" {
        std::fs::write(&go, "on\n").unwrap();
    }
    let status = program.wait().unwrap();
    assert_eq!(status.code(), Some(130), "{status:?}");
    std::fs::remove_file(lab.path("repo/.git/hooks/reference-transaction")).unwrap();
    clean(&lab, "repo");
    lab.git("repo", &["rev-list", "--count", "main"])
}

#[test]
fn interrupted_commit_is_finished_or_absent() {
    assert_eq!(commits_after_interrupt_in("prepared"), "1");
    assert_eq!(commits_after_interrupt_in("committed"), "2");
}
