//! Tests the user's hooks: which of them run, what they see, and what they can refuse.

use super::lab::{FLOW, Lab};

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
    for name in ["commit-msg", "pre-commit"] {
        let lab = Lab::with_repository();
        lab.commit_orders(&[]).succeeded();
        hook(&lab, name, "echo '# my work' >> apps/prod/orders/orders.py");
        lab.write("orders.py", format!("{FLOW}# changed\n"));
        let run = lab.commit_orders(&["-p", "2"]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(
            run.err.contains("orders.py has uncommitted changes"),
            "{run:?}"
        );
        let kept = lab.read("repo/apps/prod/orders/orders.py");
        assert!(kept.ends_with("# my work\n"), "{kept}");
        assert_eq!(lab.git("repo", &["rev-list", "--count", "main"]), "2");
        // Nothing else has changed either.
        assert_eq!(
            lab.git("repo", &["status", "--porcelain"]),
            " M apps/prod/orders/orders.py"
        );
    }
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
