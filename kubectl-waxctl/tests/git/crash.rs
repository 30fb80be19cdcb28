//! Killed at every moment: the repository stays sound, and the next run says what it found and finishes the work.

use std::fs;
use std::path::{Path, PathBuf};

use super::lab::{FLOW, Lab};
use super::tracer;

// The repository before the run that is killed; every run starts from a copy of it.
fn template() -> Lab {
    let lab = Lab::with_remote();
    lab.commit_orders(&["--push"]).succeeded();
    lab.git("repo", &["branch", "live"]);
    lab.git("repo", &["push", "-q", "origin", "live"]);
    lab.write("orders.py", format!("{FLOW}# changed\n"));
    lab
}

fn fresh_copy(lab: &Lab) {
    for (from, to) in [("repo", "work"), ("remote.git", "work.git")] {
        let _none = fs::remove_dir_all(lab.path(to));
        let status = lab
            .command("cp", ".")
            .args(["-a", from, to])
            .status()
            .unwrap();
        assert!(status.success());
    }
    lab.git(
        "work",
        &["remote", "set-url", "origin", &lab.text("work.git")],
    );
}

fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(leftovers(&path));
        } else if (name.ends_with(".lock") && name != "waxctl.lock") || name.ends_with(".waxctl") {
            found.push(path);
        }
    }
    found
}

// Kills the run after its first file-changing call, then after the one `step` later and so on, and checks what is left.
fn kill_after_every(step: usize, branch: &str, more: &[&str]) -> (u32, usize) {
    let lab = template();
    let args = [
        &[
            "../orders.py",
            "--name",
            "orders",
            "--env",
            "prod",
            "-p",
            "2",
        ],
        more,
    ]
    .concat();
    let old = lab.git("repo", &["rev-parse", branch]);
    let on = |repository: &str, commit: &str| {
        let tip = lab.git(repository, &["rev-parse", branch]);
        tip == commit || lab.git(repository, &["rev-parse", &format!("{branch}^")]) == commit
    };
    let mut locks = 0;
    for k in (1..).step_by(step) {
        fresh_copy(&lab);
        let traced = tracer::run(&lab.waxctl("work", &args), k);
        if !traced.killed {
            return (traced.calls, locks);
        }
        assert!(
            on("work", &old) && on("work.git", &old),
            "killed after call {k}: the branch is elsewhere"
        );
        lab.git("work", &["fsck", "--strict"]);
        let left = leftovers(&lab.path("work"));
        let again = lab.commit("work", &args).succeeded();
        for path in &left {
            let named = path
                .strip_prefix(lab.path("work"))
                .unwrap()
                .display()
                .to_string();
            assert!(
                again.err.contains(&named),
                "killed after call {k}: {named} is not named in {}",
                again.err
            );
        }
        locks += left.len();
        assert_eq!(
            leftovers(&lab.path("work")),
            Vec::<PathBuf>::new(),
            "killed after call {k}"
        );
        assert_eq!(
            lab.git("work", &["status", "--porcelain"]),
            "",
            "killed after call {k}: {}",
            again.err
        );
        assert_ne!(
            lab.git("work", &["rev-parse", branch]),
            old,
            "killed after call {k}"
        );
        assert!(
            on("work", &old),
            "killed after call {k}: not exactly one commit"
        );
        let flow = lab.git(
            "work",
            &["show", &format!("{branch}:apps/prod/orders/orders.py")],
        );
        assert!(flow.ends_with("# changed"), "killed after call {k}");
        lab.git("work", &["fsck", "--strict"]);
    }
    unreachable!("the run ends at some time")
}

#[test]
fn a_commit_to_the_checked_out_branch_survives_every_kill() {
    let (calls, locks) = kill_after_every(1, "main", &[]);
    assert!(calls > 40, "only {calls} calls were seen");
    assert!(locks > 0, "no kill has left a lock");
}

#[test]
fn a_commit_to_another_branch_survives_every_kill() {
    let (calls, _) = kill_after_every(1, "live", &["--branch", "live"]);
    assert!(calls > 20, "only {calls} calls were seen");
}

#[test]
fn a_push_survives_a_kill_at_any_time() {
    let (calls, _) = kill_after_every(5, "main", &["--push"]);
    assert!(calls > 40, "only {calls} calls were seen");
}
