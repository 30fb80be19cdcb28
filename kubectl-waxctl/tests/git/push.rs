//! Tests commits with a push: races, refusals, and the local branch.

use super::lab::Lab;

#[test]
fn push_moves_clean_local_branch() {
    let lab = Lab::with_remote();
    let run = lab.commit_orders(&["--push"]).succeeded();
    insta::assert_snapshot!(run.shown());
    let head = lab.git("repo", &["rev-parse", "HEAD"]);
    assert_eq!(lab.git("remote.git", &["rev-parse", "main"]), head);
    assert_eq!(lab.git("repo", &["rev-parse", "origin/main"]), head);
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
}

#[test]
fn push_keeps_local_branch_with_local_work() {
    let lab = Lab::with_remote();
    lab.git(".", &["clone", "-q", "remote.git", "colleague"]);
    lab.write("colleague/other.txt", "x");
    lab.git("colleague", &["add", "."]);
    lab.git("colleague", &["commit", "-qm", "Other work"]);
    lab.git("colleague", &["push", "-q"]);
    let behind = lab.commit_orders(&["--push"]).succeeded();
    lab.write("repo/mine.txt", "x");
    lab.git("repo", &["add", "."]);
    lab.git("repo", &["commit", "-qm", "My work"]);
    let diverged = lab.commit_orders(&["--push", "-p", "2"]).succeeded();
    lab.git("repo", &["reset", "-q", "--hard", "origin/main"]);
    lab.write("repo/apps/prod/orders/dataflow.yaml", "mine");
    let dirty = lab.commit_orders(&["--push", "-p", "3"]).succeeded();
    assert_eq!(lab.read("repo/apps/prod/orders/dataflow.yaml"), "mine");
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "5");
    insta::assert_snapshot!([behind.shown(), diverged.shown(), dirty.shown()].join("=====\n"));
}

// A hook that makes a colleague's push happen between waxctl's fetch and push.
fn colleague_pushes_first(lab: &Lab, times: u32, change: &str) {
    let script = format!(
        "#!/bin/sh
n=$(cat {count} 2>/dev/null || echo 0)
test \"$n\" -ge {times} && exit 0
n=$((n+1)); echo $n > {count}
cd {colleague} && {change} && git add . && git commit -qm \"Change $n\" && git push -q
",
        count = lab.text("count"),
        colleague = lab.text("colleague"),
    );
    lab.executable("repo/.git/hooks/pre-push", &script);
}

#[test]
fn lost_race_is_rendered_on_new_tip() {
    let lab = Lab::with_remote();
    lab.commit_orders(&["--push"]).succeeded();
    lab.git(".", &["clone", "-q", "remote.git", "colleague"]);
    colleague_pushes_first(
        &lab,
        1,
        "sed -i 's/tag: .*/tag: newer/' apps/prod/orders/dataflow.yaml",
    );
    let run = lab.commit_orders(&["--push", "-p", "2"]).succeeded();
    let text = lab.git(
        "remote.git",
        &["show", "main:apps/prod/orders/dataflow.yaml"],
    );
    assert!(
        text.contains("tag: newer") && text.contains("processesCount: 2"),
        "{text}"
    );
    assert_eq!(
        lab.git("remote.git", &["rev-list", "--merges", "--count", "main"]),
        "0"
    );
    insta::assert_snapshot!(run.shown());
}

#[test]
fn ten_lost_races_end_with_exit_code_4() {
    let lab = Lab::with_remote();
    lab.git(".", &["clone", "-q", "remote.git", "colleague"]);
    colleague_pushes_first(&lab, 99, "echo $n > n.txt");
    let run = lab.commit_orders(&["--push"]);
    assert_eq!(run.code, Some(4));
    assert_eq!(lab.read("count"), "10\n");
    let error: Vec<&str> = run
        .err
        .lines()
        .filter(|line| !line.starts_with("warning"))
        .collect();
    insta::assert_snapshot!(error.join("\n"));
}

#[test]
fn concurrent_pushes_of_different_flows_both_succeed() {
    let lab = Lab::with_remote();
    lab.git(".", &["clone", "-q", "remote.git", "second"]);
    for round in 1..=5 {
        let round = round.to_string();
        let start = |cwd, name| {
            let args = [
                "../orders.py",
                "--name",
                name,
                "--env",
                "prod",
                "--push",
                "-p",
                round.as_str(),
            ];
            let mut command = lab.waxctl(cwd, &args);
            command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        };
        let (one, two) = (start("repo", "one"), start("second", "two"));
        for child in [one, two] {
            lab.seen(&child.wait_with_output().unwrap()).succeeded();
        }
        lab.git("repo", &["pull", "-q", "--rebase"]);
    }
    let count = ["rev-list", "--count", "main", "--", "apps"];
    assert_eq!(lab.git("remote.git", &count), "10");
    lab.git("remote.git", &["fsck", "--strict"]);
}

#[test]
fn refused_push_shows_message_of_remote() {
    let lab = Lab::with_remote();
    lab.executable(
        "remote.git/hooks/pre-receive",
        "#!/bin/sh\necho 'main is protected' >&2\nexit 1\n",
    );
    let by_server = lab.commit_orders(&["--push"]);
    lab.executable(
        "repo/.git/hooks/pre-push",
        "#!/bin/sh\necho 'run the tests first' >&2\nexit 1\n",
    );
    let by_hook = lab.commit_orders(&["--push"]);
    std::fs::remove_dir_all(lab.path("remote.git")).unwrap();
    let gone = lab.commit_orders(&["--push"]);
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
    insta::assert_snapshot!([by_server.shown(), by_hook.shown(), gone.shown()].join("=====\n"));
}

#[test]
fn push_to_upstream_follows_setting() {
    let lab = Lab::with_remote();
    lab.git("repo", &["remote", "rename", "origin", "company"]);
    lab.git("repo", &["checkout", "-q", "-b", "mine"]);
    lab.git("repo", &["branch", "-q", "--set-upstream-to=company/main"]);
    lab.git("repo", &["config", "push.default", "upstream"]);
    lab.commit_orders(&["--push"]).succeeded();
    let head = lab.git("repo", &["rev-parse", "mine"]);
    assert_eq!(lab.git("remote.git", &["rev-parse", "main"]), head);
}

#[test]
fn new_branch_starts_from_remote_default_branch() {
    let lab = Lab::with_remote();
    lab.write("repo/unpushed.txt", "x");
    lab.git("repo", &["add", "."]);
    lab.git("repo", &["commit", "-qm", "Not pushed"]);
    lab.commit_orders(&["--push", "--branch", "orders-2"])
        .succeeded();
    assert_eq!(
        lab.git("remote.git", &["rev-list", "--count", "main..orders-2"]),
        "1"
    );
    assert_eq!(
        lab.git("repo", &["branch", "--format=%(refname:short)"]),
        "main"
    );
}

#[test]
fn first_push_to_empty_repository_works() {
    let lab = Lab::new();
    lab.git(".", &["init", "-q", "--bare", "remote.git"]);
    lab.git(".", &["clone", "-q", "remote.git", "repo"]);
    lab.commit_orders(&["--push"]).succeeded();
    assert_eq!(
        lab.git("repo", &["status", "--porcelain", "--branch"]),
        "## main...origin/main"
    );
    let url = format!("file://{}", lab.text("empty.git"));
    lab.git(".", &["init", "-q", "--bare", "empty.git"]);
    lab.commit_orders(&["--push", "--repo", &url]).succeeded();
    assert_eq!(lab.git("empty.git", &["rev-list", "--count", "main"]), "1");
}

#[test]
fn push_by_url_needs_no_clone() {
    let lab = Lab::with_remote();
    for number in 0..200 {
        lab.write(&format!("repo/data/{number}/x.txt"), number.to_string());
    }
    lab.git("repo", &["add", "."]);
    lab.git("repo", &["commit", "-qm", "Many"]);
    lab.git("repo", &["push", "-q"]);
    for setting in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        lab.git("remote.git", &["config", setting, "true"]);
    }
    let url = format!("file://{}", lab.text("remote.git"));
    let elsewhere = |more: &[&str]| {
        let args = [
            "orders.py",
            "--name",
            "orders",
            "--env",
            "prod",
            "--push",
            "--repo",
            &url,
        ];
        lab.commit(".", &[&args[..], more].concat())
    };
    let first = elsewhere(&[]).succeeded();
    elsewhere(&["-p", "2"]).succeeded();
    let again = elsewhere(&["-p", "2"]).succeeded();
    assert!(again.err.contains("Nothing to commit."), "{again:?}");
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "4");
    assert_eq!(
        lab.git("remote.git", &["ls-tree", "-r", "--name-only", "main"])
            .lines()
            .count(),
        205
    );
    lab.git("remote.git", &["fsck", "--strict"]);
    // The cache contains the files of the flow, but not the two hundred others.
    let copies = std::fs::read_dir(lab.path("home/.cache/waxctl/git")).unwrap();
    let copy = copies
        .map(|entry| entry.unwrap().path().display().to_string())
        .next()
        .unwrap();
    let objects = lab.git(
        ".",
        &[
            "-C",
            &copy,
            "cat-file",
            "--batch-all-objects",
            "--batch-check",
        ],
    );
    let blobs = objects
        .lines()
        .filter(|line| line.contains(" blob "))
        .count();
    assert!(blobs < 10, "{objects}");
    insta::assert_snapshot!(first.shown());
}

#[test]
fn words_of_forge_are_passed_on() {
    let lab = Lab::with_remote();
    lab.executable(
        "remote.git/hooks/post-receive",
        "#!/bin/sh
{ echo; printf '\\033[32mCreate a pull request for main by visiting:\\033[0m\\n'
echo '  https://bot:s3cret@forge.example/shop/pull/new/main'; echo; } >&2
",
    );
    insta::assert_snapshot!(lab.commit_orders(&["--push"]).succeeded().shown());
}

#[test]
fn landed_push_is_success_whatever_happens_locally() {
    let lab = Lab::with_remote();
    lab.commit_orders(&["--push"]).succeeded();
    lab.write("repo/.git/index.lock", "");
    let locked = lab.commit_orders(&["--push", "-p", "2"]).succeeded();
    std::fs::remove_file(lab.path("repo/.git/index.lock")).unwrap();
    lab.git("repo", &["pull", "-q"]);
    lab.executable(
        "repo/.git/hooks/reference-transaction",
        "#!/bin/sh\nwhile read -r _ _ name; do test \"$1/$name\" != prepared/refs/heads/main || exit 1; done\n",
    );
    let refused = lab.commit_orders(&["--push", "-p", "3"]).succeeded();
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "4");
    insta::assert_snapshot!([locked.shown(), refused.shown()].join("=====\n"));
}

/// Creates `second.git` with a commit that `remote.git` lacks, and makes the remote push to both.
fn second_address_with_other_work(lab: &Lab, order: [&str; 2]) {
    lab.git(".", &["clone", "-q", "--bare", "remote.git", "second.git"]);
    lab.git("repo", &["clone", "-q", "../second.git", "../other"]);
    lab.git(
        "other",
        &["commit", "-q", "--allow-empty", "-m", "Elsewhere"],
    );
    lab.git("other", &["push", "-q", "origin", "HEAD:main"]);
    for address in order {
        let address = lab.text(address);
        lab.git(
            "repo",
            &["remote", "set-url", "--add", "--push", "origin", &address],
        );
    }
}

#[test]
fn refusal_of_one_of_two_addresses_fails() {
    for order in [["remote.git", "second.git"], ["second.git", "remote.git"]] {
        let lab = Lab::with_remote();
        second_address_with_other_work(&lab, order);
        let run = lab.commit_orders(&["--push"]);
        let shown = run.shown();
        assert_eq!(run.code, Some(1), "{shown}");
        assert!(shown.contains("Pushed to origin/main."), "{shown}");
        for line in [
            "error: the push of `main` has reached only a part of the addresses of its remote\n",
            "LAB/remote.git has ID\n",
            "LAB/second.git does not have ID\n",
            "hint: then push the commit: git push LAB/second.git ID:refs/heads/main\n",
        ] {
            assert!(shown.contains(line), "{line}{shown}");
        }
        let head = lab.git("repo", &["rev-parse", "HEAD"]);
        assert_eq!(lab.git("remote.git", &["rev-parse", "main"]), head);
    }
}

#[test]
fn lagging_mirror_does_not_hide_push_address() {
    let lab = Lab::with_remote();
    lab.git(".", &["clone", "-q", "--bare", "remote.git", "mirror.git"]);
    let (mirror, address) = (lab.text("mirror.git"), lab.text("remote.git"));
    lab.git("repo", &["remote", "set-url", "origin", &mirror]);
    lab.git("repo", &["remote", "set-url", "--push", "origin", &address]);
    for processes in ["1", "2", "3"] {
        lab.commit_orders(&["--push", "-p", processes]).succeeded();
    }
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "4");
    assert_eq!(lab.git("mirror.git", &["rev-list", "--count", "main"]), "1");
}
