//! Ctrl-C on a laptop. It is a test program of its own, since the signal reaches every test of a program.
#![expect(clippy::unwrap_used, reason = "what cannot be set up ends the test")]

use std::fs;

use agent::local::{LocalEvent, LocalOutcome, LocalRun, Stream, run};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

#[path = "pod/venv.rs"]
mod venv;

#[test]
fn ctrl_c_stops_all_processes_without_traces() {
    for processes in [1, 2] {
        stop(processes);
    }
}

fn stop(processes: u32) {
    let (work, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(
        work.path().join("flow.py"),
        include_str!("pod/flows/ticks.py"),
    )
    .unwrap();
    let plan = LocalRun {
        workdir: work.path().into(),
        python_file: "flow.py".into(),
        processes,
        workers: 1,
        env: vec![],
        scratch: scratch.path().into(),
        search_path: Some(venv::bin().into()),
    };
    let (mut interrupted, mut exits) = (false, 0);
    let mut said = Vec::new();
    let outcome = run(&plan, &mut |event| match event {
        LocalEvent::Line { text, .. } if text.starts_with(b"tick") && !interrupted => {
            interrupted = true;
            kill(Pid::this(), Signal::SIGINT).unwrap();
        }
        LocalEvent::Line {
            stream: Stream::Stderr,
            text,
            ..
        } => said.push(String::from_utf8_lossy(text).into_owned()),
        LocalEvent::Exited { .. } => exits += 1,
        _ => {}
    });
    assert_eq!(
        outcome.unwrap(),
        LocalOutcome {
            code: 130,
            failures: vec![]
        }
    );
    assert!(interrupted && exits == processes);
    assert!(said.is_empty(), "{said:?}");
}
