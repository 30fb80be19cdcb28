//! Kills waxctl after every system call that changes a file. The repository stays valid, and the next run reports what
//! it found and finishes the work.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::lab::{FLOW, Lab};
use super::tracer;

// A test of a kill mostly waits for processes, so several run concurrently.
const WORKERS: usize = 3;

// The repository before the killed run; every run starts from a copy of it.
fn template() -> Lab {
    let lab = Lab::with_remote();
    lab.commit_orders(&["--push"]).succeeded();
    lab.git("repo", &["branch", "live"]);
    lab.git("repo", &["push", "-q", "origin", "live"]);
    lab.write("orders.py", format!("{FLOW}# changed\n"));
    lab
}

// Everything that a killed run may change.
struct Copy<'lab> {
    lab: &'lab Lab,
    work: String,
    remote: String,
}

impl<'lab> Copy<'lab> {
    fn fresh(lab: &'lab Lab, worker: usize) -> Self {
        let copy = Copy {
            lab,
            work: format!("work{worker}"),
            remote: format!("work{worker}.git"),
        };
        for (from, to) in [("repo", &copy.work), ("remote.git", &copy.remote)] {
            let _none = fs::remove_dir_all(lab.path(to));
            let status = lab
                .command("cp", ".")
                .args(["-a", from, to])
                .status()
                .unwrap();
            assert!(status.success());
        }
        copy.git(&["remote", "set-url", "origin", &lab.text(&copy.remote)]);
        copy
    }

    fn git(&self, args: &[&str]) -> String {
        self.lab.git(&self.work, args)
    }

    fn is_on(&self, repository: &str, branch: &str, commit: &str) -> bool {
        let parent = format!("{branch}^");
        self.lab.git(repository, &["rev-parse", branch]) == commit
            || self.lab.git(repository, &["rev-parse", &parent]) == commit
    }
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

/// The results of all kills of one command.
struct Kills {
    calls: u32,
    locks: usize,
}

// Kills the run after its first file-changing call, after its second and so on until it ends by itself, and checks the
// leftovers each time.
fn kill_after_every_call(branch: &str, more: &[&str]) -> Kills {
    let lab = template();
    let args = [
        "../orders.py",
        "--name",
        "orders",
        "--env",
        "prod",
        "-p",
        "2",
    ];
    let args = [&args, more].concat();
    let old = lab.git("repo", &["rev-parse", branch]);
    let (next, calls, locks) = (AtomicU32::new(1), AtomicU32::new(0), AtomicUsize::new(0));
    let work = |worker| {
        while calls.load(Ordering::SeqCst) == 0 {
            let k = next.fetch_add(1, Ordering::SeqCst);
            let copy = Copy::fresh(&lab, worker);
            let traced = tracer::run(&lab.waxctl(&copy.work, &args), k);
            if traced.killed {
                let left = check(&copy, branch, &old, &args, k);
                locks.fetch_add(left, Ordering::SeqCst);
            } else {
                calls.store(traced.calls, Ordering::SeqCst);
            }
        }
    };
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            scope.spawn(move || work(worker));
        }
    });
    Kills {
        calls: calls.into_inner(),
        locks: locks.into_inner(),
    }
}

// Checks the leftovers of a run that was killed after its call `k`, lets the next run finish, and returns the number of
// leftover locks.
fn check(copy: &Copy<'_>, branch: &str, old: &str, args: &[&str], k: u32) -> usize {
    let (lab, work) = (copy.lab, &copy.work);
    assert!(
        copy.is_on(work, branch, old) && copy.is_on(&copy.remote, branch, old),
        "killed after call {k}: the branch is elsewhere"
    );
    copy.git(&["fsck", "--strict"]);
    let left = leftovers(&lab.path(work));
    let again = lab.commit(work, args).succeeded();
    for path in &left {
        let named = path.strip_prefix(lab.path(work)).unwrap();
        assert!(
            again.err.contains(&named.display().to_string()),
            "killed after call {k}: {} is not named in {}",
            named.display(),
            again.err
        );
    }
    assert_eq!(
        leftovers(&lab.path(work)),
        Vec::<PathBuf>::new(),
        "killed after call {k}"
    );
    assert_eq!(
        copy.git(&["status", "--porcelain"]),
        "",
        "killed after call {k}: {}",
        again.err
    );
    assert_ne!(
        copy.git(&["rev-parse", branch]),
        old,
        "killed after call {k}"
    );
    assert!(
        copy.is_on(work, branch, old),
        "killed after call {k}: not exactly one commit"
    );
    let flow = format!("{branch}:apps/prod/orders/orders.py");
    assert!(
        copy.git(&["show", &flow]).ends_with("# changed"),
        "killed after call {k}"
    );
    copy.git(&["fsck", "--strict"]);
    left.len()
}

#[test]
fn commit_to_checked_out_branch_survives_kill() {
    let kills = kill_after_every_call("main", &[]);
    assert!(kills.calls > 40, "only {} calls were seen", kills.calls);
    assert!(kills.locks > 0, "no kill has left a lock");
}

#[test]
fn commit_to_other_branch_survives_kill() {
    let kills = kill_after_every_call("live", &["--branch", "live"]);
    assert!(kills.calls > 20, "only {} calls were seen", kills.calls);
}

#[test]
fn push_survives_kill() {
    let kills = kill_after_every_call("main", &["--push"]);
    assert!(kills.calls > 40, "only {} calls were seen", kills.calls);
}
