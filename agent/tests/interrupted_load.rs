//! Ctrl-C while code is loaded. It is a test program of its own, since the signal reaches every test of a program.
#![expect(clippy::unwrap_used, reason = "what cannot be set up ends the test")]

use std::{fs, path::Path, thread, time::Duration};

use agent::local::{LoadError, LocalRun, load};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

#[path = "pod/venv.rs"]
mod venv;

const FLOW: &str = "
import os, subprocess, time
child = subprocess.Popen(['sleep', '1000'])
open('new.txt', 'w').write('%s %s' % (os.getpid(), child.pid))
os.rename('new.txt', 'pids.txt')
while True:
    time.sleep(1)
";

#[test]
fn ctrl_c_ends_loading_and_its_processes() {
    let (work, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(work.path().join("flow.py"), FLOW).unwrap();
    let run = LocalRun {
        workdir: work.path().into(),
        python_file: "flow.py".into(),
        processes: 1,
        workers: 1,
        env: vec![],
        scratch: scratch.path().into(),
        search_path: Some(venv::bin().into()),
    };
    let pids = work.path().join("pids.txt");
    let loading = thread::spawn(move || load(&run, Duration::from_secs(600)));
    while !pids.exists() {
        assert!(!loading.is_finished(), "{:?}", loading.join());
        thread::yield_now();
    }
    kill(Pid::this(), Signal::SIGINT).unwrap();
    let result = loading.join().unwrap();
    assert!(matches!(result, Err(LoadError::Interrupted)), "{result:?}");
    let pids = fs::read_to_string(pids).unwrap();
    for pid in pids.split(' ') {
        while lives(pid) {
            thread::yield_now();
        }
    }
}

/// Returns true unless the process has ended. An orphan that nobody reaps stays as a zombie.
fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}
