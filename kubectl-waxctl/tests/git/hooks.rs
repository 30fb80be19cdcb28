//! Tests the user's hooks: which of them run, what they see, and what they can refuse.

use super::lab::{FLOW, Lab, footprint};

fn hook(lab: &Lab, name: &str, text: &str) {
    lab.executable(
        &format!("repo/.git/hooks/{name}"),
        &format!("#!/bin/sh\n{text}\n"),
    );
}

#[test]
fn pre_push_sees_what_plain_git_gives() {
    let lab = Lab::with_remote();
    let seen = lab.text("seen");
    hook(
        &lab,
        "pre-push",
        &format!("{{ env | grep ^GIT_ | sort; git ls-files '*.md'; pwd; echo \"$@\"; }} > {seen}"),
    );
    lab.commit_orders(&["--push"]).succeeded();
    let ours = lab.read("seen");
    lab.write("repo/x.txt", "x");
    lab.git("repo", &["add", "."]);
    lab.git("repo", &["commit", "-qm", "By hand"]);
    lab.git("repo", &["push", "-q"]);
    assert_eq!(ours, lab.read("seen"));
    assert!(ours.contains("README.md"), "{ours}");
}

#[test]
fn hooks_of_commit_see_its_content() {
    let lab = Lab::with_repository();
    lab.write("repo/staged.txt", "x");
    lab.git("repo", &["add", "staged.txt"]);
    let record = |name: &str| {
        let seen = lab.text("seen");
        let text = format!(
            "{{ echo {name} $#; git diff --cached --name-only; git ls-files staged.txt; }} >> {seen}"
        );
        hook(&lab, name, &text);
    };
    for name in ["pre-commit", "prepare-commit-msg", "commit-msg"] {
        record(name);
    }
    hook(
        &lab,
        "post-commit",
        &format!("git log -1 --format=%s >> {}", lab.text("seen")),
    );
    lab.commit_orders(&[]).succeeded();
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "A  staged.txt");
    insta::assert_snapshot!(lab.read("seen"));
}

#[test]
fn refusing_hooks_are_left_out_on_request() {
    let lab = Lab::with_remote();
    let mut shown = Vec::new();
    for name in ["pre-commit", "commit-msg", "pre-push"] {
        hook(
            &lab,
            name,
            &format!("echo 'not without a {name}' >&2; exit 1"),
        );
        shown.push(lab.commit_orders(&["--push"]).shown());
        std::fs::rename(
            lab.path(&format!("repo/.git/hooks/{name}")),
            lab.path(&format!("{name}.kept")),
        )
        .unwrap();
    }
    for name in ["pre-commit", "commit-msg", "pre-push"] {
        std::fs::rename(
            lab.path(&format!("{name}.kept")),
            lab.path(&format!("repo/.git/hooks/{name}")),
        )
        .unwrap();
    }
    lab.commit_orders(&["--push", "--no-verify"]).succeeded();
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "2");
    insta::assert_snapshot!(shown.join("=====\n"));
}

#[test]
fn pre_commit_that_changes_files_is_refused() {
    let lab = Lab::with_repository();
    hook(
        &lab,
        "pre-commit",
        "echo more > extra.txt; git add extra.txt",
    );
    let refused = lab.commit_orders(&[]);
    assert_eq!(lab.git("repo", &["rev-list", "--count", "main"]), "1");
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "?? extra.txt");
    lab.commit_orders(&["--no-verify"]).succeeded();
    insta::assert_snapshot!(refused.shown());
}

#[test]
fn pre_commit_elsewhere_is_left_out_with_note() {
    let lab = Lab::with_repository();
    lab.git("repo", &["branch", "live"]);
    lab.write("repo/README.md", "newer\n");
    lab.git("repo", &["commit", "-qam", "Newer"]);
    hook(&lab, "pre-commit", "exit 1");
    let run = lab.commit_orders(&["--branch", "live"]).succeeded();
    assert!(
        run.err
            .contains("the pre-commit hook did not run: the commit is not made on the checked-out"),
        "{run:?}"
    );
    let quiet = lab
        .commit_orders(&["--branch", "live", "-p", "2", "--no-verify"])
        .succeeded();
    assert!(!quiet.err.contains("hook"), "{quiet:?}");
}

#[test]
fn edit_saved_while_a_hook_runs_is_kept() {
    for name in ["prepare-commit-msg", "commit-msg"] {
        let lab = Lab::with_repository();
        lab.commit_orders(&[]).succeeded();
        // An editor writes what it has read before the commit.
        lab.write("mine", format!("{FLOW}# my work\n"));
        hook(&lab, name, "cp ../mine apps/prod/orders/orders.py");
        lab.write("orders.py", format!("{FLOW}# changed\n"));
        let run = lab.commit_orders(&["-p", "2"]);
        assert_eq!(run.code, Some(1), "{run:?}");
        let named = format!("the {name} hook changed the files of the commit");
        assert!(run.err.contains(&named), "{run:?}");
        let path = "apps/prod/orders/orders.py was changed while the hook ran, and stays so";
        assert!(run.err.contains(path), "{run:?}");
        let kept = lab.read("repo/apps/prod/orders/orders.py");
        assert!(kept.ends_with("# my work\n"), "{kept}");
        assert_eq!(lab.git("repo", &["rev-list", "--count", "main"]), "2");
        // Nothing else has changed either.
        assert_eq!(
            lab.git("repo", &["status", "--porcelain"]),
            " M apps/prod/orders/orders.py"
        );
        std::fs::remove_file(lab.path(&format!("repo/.git/hooks/{name}"))).unwrap();
        lab.git("repo", &["stash", "--quiet"]);
        lab.commit_orders(&["-p", "2"]).succeeded();
    }
}

/// Returns what is in the object that the error of a run tells to look at.
fn shown_by_hint(lab: &Lab, more: &[&str]) -> String {
    let args = ["../orders.py", "--name", "orders", "--env", "prod"];
    let mut command = lab.waxctl("repo", &[&args[..], more].concat());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let hint = said.split("git show ").nth(1).expect(&said);
    lab.git("repo", &["show", hint.lines().next().unwrap()])
}

#[test]
fn file_changed_by_pre_commit_is_put_back() {
    let mut shown = Vec::new();
    for (is_new, end, more) in [
        (false, "", &["-p", "2"][..]),
        (false, "; exit 1", &["-p", "2"]),
        (false, "", &["-p", "2", "--push"]),
        (false, "; git add .", &["-p", "2"]),
        // As an editor saves that has read the file before.
        (
            false,
            "; sed -i '/# changed/d' apps/prod/orders/orders.py",
            &["-p", "2"],
        ),
        (true, "", &[]),
    ] {
        let lab = Lab::with_remote();
        if !is_new {
            lab.commit_orders(&["--push"]).succeeded();
            lab.write("orders.py", format!("{FLOW}# changed\n"));
        }
        let before = footprint_without_times(&lab);
        let format = format!("echo '# formatted' >> apps/prod/orders/orders.py{end}");
        hook(&lab, "pre-commit", &format);
        shown.push(lab.commit_orders(more).shown());
        assert!(before == footprint_without_times(&lab), "{shown:?}");
        let text = shown_by_hint(&lab, more);
        assert!(text.ends_with("# formatted"), "{text}");
        // The next commit works.
        lab.commit_orders(&[more, &["--no-verify"]].concat())
            .succeeded();
        assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
    }
    insta::assert_snapshot!(shown.join("=====\n"));
}

#[test]
fn file_removed_by_pre_commit_comes_back() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    lab.write("orders.py", format!("{FLOW}# changed\n"));
    hook(&lab, "pre-commit", "rm apps/prod/orders/orders.py");
    let refused = lab.commit_orders(&[]);
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
    insta::assert_snapshot!(refused.shown(), @r"
    error: the pre-commit hook changed the files of the commit
      1. apps/prod/orders/orders.py was removed while the hook ran; it is back as before
      2. waxctl commits what it has rendered, checked and shown
    hint: make the change in the source, or leave the pre-commit hook out with `--no-verify`
    -- exit code 1
    ");
}

fn footprint_without_times(lab: &Lab) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let files = footprint(&lab.path("repo")).into_iter();
    files
        .filter(|(path, ..)| !path.ends_with(".git/index"))
        .map(|(path, _, content)| (path, content))
        .collect()
}

#[test]
fn pre_commit_finds_files_of_commit_on_disk() {
    for push in [&[][..], &["--push"]] {
        let lab = Lab::with_remote();
        lab.commit_orders(&["--push"]).succeeded();
        let text = "for f in $(git diff --cached --name-only); do ! grep -H 'do not ship' $f || exit 1; done";
        hook(&lab, "pre-commit", text);
        lab.write("orders.py", format!("{FLOW}# do not ship\n"));
        let more = [push, &["-p", "2"]].concat();
        let refused = lab.commit_orders(&more);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains("do not ship"), "{refused:?}");
        assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
        lab.write("orders.py", format!("{FLOW}# ship\n"));
        let run = lab.commit_orders(&more).succeeded();
        assert!(!run.err.contains("did not run"), "{run:?}");
        assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
        assert_eq!(lab.git("repo", &["rev-list", "--count", "main"]), "3");
    }
}

#[test]
fn pre_commit_is_left_out_beside_changes() {
    let lab = Lab::with_remote();
    lab.commit_orders(&["--push"]).succeeded();
    hook(&lab, "pre-commit", "exit 1");
    let path = "repo/apps/prod/orders/dataflow.yaml";
    let mine = lab.read(path) + "# mine\n";
    lab.write(path, &mine);
    let run = lab.commit_orders(&["--push", "-p", "2"]).succeeded();
    assert!(
        run.err.contains("the pre-commit hook did not run"),
        "{run:?}"
    );
    assert_eq!(lab.read(path), mine);
}
