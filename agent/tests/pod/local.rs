//! Several real engines together, as `kubectl waxctl run` starts them.

use std::{collections::BTreeMap, fs, path::Path};

use agent::{
    local::{LocalError, LocalEvent, LocalOutcome, LocalRun, Stream, run},
    report::FailureKind,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

const TICKS: &str = include_str!("flows/ticks.py");

struct Laptop {
    work: TempDir,
    scratch: TempDir,
    processes: u32,
    env: Vec<(String, String)>,
}

#[derive(Default)]
struct Seen {
    pids: BTreeMap<u32, i32>,
    exits: BTreeMap<u32, i32>,
    ticking: BTreeMap<u32, bool>,
    interrupted: bool,
    lines: Vec<String>,
}

impl Laptop {
    fn new(code: &str, processes: u32, env: &[(&str, &str)]) -> Self {
        let work = TempDir::new().unwrap();
        fs::write(work.path().join("flow.py"), code).unwrap();
        let env = env
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        Self {
            work,
            scratch: TempDir::new().unwrap(),
            processes,
            env,
        }
    }

    /// Runs the flow. `once` is called one time, when every process has written a tick.
    fn run(&self, once: impl FnOnce(&Seen)) -> (Result<LocalOutcome, LocalError>, Seen) {
        let mut seen = Seen::default();
        let mut once = Some(once);
        let plan = LocalRun {
            workdir: self.work.path().into(),
            python_file: "flow.py".into(),
            processes: self.processes,
            workers: 1,
            env: self.env.clone(),
            scratch: self.scratch.path().into(),
            search_path: Some(crate::venv::bin().into()),
        };
        let outcome = run(&plan, &mut |event| {
            match event {
                LocalEvent::Started {
                    process,
                    pid,
                    python,
                } => {
                    assert!(python.starts_with(crate::venv::bin()));
                    seen.pids.insert(process, pid.cast_signed());
                }
                LocalEvent::Line {
                    process,
                    stream,
                    text,
                } => {
                    let text = String::from_utf8_lossy(text);
                    if text.starts_with("tick") {
                        assert_eq!(stream, Stream::Stdout);
                        seen.ticking.insert(process, true);
                    }
                    seen.lines.push(format!("{process} {text}"));
                }
                LocalEvent::Exited { process, code } => {
                    seen.exits.insert(process, code);
                }
                LocalEvent::Interrupted => seen.interrupted = true,
            }
            if seen.ticking.len() as u32 == self.processes
                && let Some(once) = once.take()
            {
                once(&seen);
            }
        });
        for pid in seen.pids.values() {
            assert!(
                !Path::new(&format!("/proc/{pid}")).exists(),
                "process {pid} was left behind"
            );
        }
        (outcome, seen)
    }
}

#[test]
fn two_processes_run_to_the_end() {
    let code = TICKS.replace(
        "        time.sleep(0.01)\n",
        "        if self.count == 30:\n            raise StopIteration()\n",
    );
    let laptop = Laptop::new(&code, 2, &[]);
    let (outcome, seen) = laptop.run(|_| {});
    assert_eq!(
        outcome.unwrap(),
        LocalOutcome {
            code: 0,
            failures: vec![]
        }
    );
    assert_eq!(seen.exits, BTreeMap::from([(0, 0), (1, 0)]));
    let ticks = seen
        .lines
        .iter()
        .filter(|line| line.contains("tick"))
        .count();
    assert_eq!(ticks, 4 * 30);
    assert_eq!(seen.ticking.len(), 2);
}

#[test]
fn process_at_fault_is_told_from_lost_peer() {
    let mut guilty = Vec::new();
    for (part, how) in [
        ("a", "raise"),
        ("b", "raise"),
        ("c", "chain"),
        ("d", "type"),
        ("a", "type"),
        ("b", "chain"),
    ] {
        let laptop = Laptop::new(TICKS, 2, &[("BAD", part), ("HOW", how)]);
        let (outcome, seen) = laptop.run(|_| {});
        let outcome = outcome.unwrap();
        let [(first, error), (second, loss)] = outcome.failures.as_slice() else {
            panic!("{part} {how}: {outcome:?}\n{}", seen.lines.join("\n"))
        };
        assert_eq!(
            (error.kind, loss.kind),
            (FailureKind::UserError, FailureKind::PeerLost)
        );
        assert_eq!(error.step.as_deref(), Some("ticks.parse"));
        assert_eq!(error.file.as_deref(), Some("flow.py"));
        assert_eq!(
            (outcome.code, seen.exits[first], seen.exits[second]),
            (1, 1, 1)
        );
        guilty.push(format!("{part} {how}: {}", error.sentence()));
        // The traceback is in the guilty one's own output, and nowhere else.
        let traced: Vec<_> = seen
            .lines
            .iter()
            .filter(|line| line.contains("in parse"))
            .collect();
        assert!(
            !traced.is_empty()
                && traced
                    .iter()
                    .all(|line| line.starts_with(&first.to_string()))
        );
    }
    insta::assert_snapshot!(guilty.join("\n"), @"
    a raise: ValueError: bad row a (step ticks.parse, flow.py:40)
    b raise: ValueError: bad row b (step ticks.parse, flow.py:40)
    c chain: RuntimeError: row cannot be read (step ticks.parse, flow.py:45)
    d type: ZeroDivisionError: division by zero (step ticks.parse, flow.py:49)
    a type: ZeroDivisionError: division by zero (step ticks.parse, flow.py:49)
    b chain: RuntimeError: row cannot be read (step ticks.parse, flow.py:45)
    ");
}

/// With several processes the engine does not report a value that it refuses itself, so no process is named.
#[test]
fn refused_value_is_named_by_single_process_only() {
    let bad = [("BAD", "a"), ("HOW", "unkeyed")];
    let two = Laptop::new(TICKS, 2, &bad).run(|_| {}).0.unwrap();
    for (_, report) in &two.failures {
        assert_eq!(report.kind, FailureKind::PeerLost);
        assert!(
            report
                .sentence()
                .contains("run it with one process to see it")
        );
    }
    let one = Laptop::new(TICKS, 1, &bad).run(|_| {}).0.unwrap();
    let [(0, report)] = one.failures.as_slice() else {
        panic!("{one:?}")
    };
    assert_eq!(
        (report.kind, report.step.as_deref()),
        (FailureKind::UserError, Some("ticks.last"))
    );
    assert!(
        report
            .sentence()
            .contains("requires `(key, value)` 2-tuple"),
        "{report:?}"
    );
    assert_eq!((one.code, two.code), (1, 1));
}

#[test]
fn killed_process_is_named_before_its_peer() {
    let laptop = Laptop::new(TICKS, 2, &[]);
    let (outcome, seen) = laptop.run(|seen| {
        kill(Pid::from_raw(seen.pids[&1]), Signal::SIGKILL).unwrap();
    });
    let outcome = outcome.unwrap();
    let kinds: Vec<_> = outcome
        .failures
        .iter()
        .map(|(i, report)| (*i, report.kind))
        .collect();
    assert_eq!(
        kinds,
        [(1, FailureKind::EngineError), (0, FailureKind::PeerLost)]
    );
    assert_eq!(
        (outcome.code, seen.exits),
        (137, BTreeMap::from([(0, 1), (1, 137)]))
    );
}

#[test]
fn import_error_in_one_process_ends_both() {
    let code = format!("import sys\nif '1' in sys.argv:\n    import nothing_of_that_name\n{TICKS}");
    let (outcome, _) = Laptop::new(&code, 2, &[]).run(|_| {});
    let outcome = outcome.unwrap();
    let [(1, report)] = outcome.failures.as_slice() else {
        panic!("{outcome:?}")
    };
    assert_eq!((report.kind, outcome.code), (FailureKind::ImportError, 1));
}

#[test]
fn missing_python_is_reported_before_any_start() {
    let laptop = Laptop::new(TICKS, 2, &[]);
    let plan = LocalRun {
        workdir: laptop.work.path().into(),
        python_file: "flow.py".into(),
        processes: 2,
        workers: 1,
        env: vec![],
        scratch: laptop.scratch.path().into(),
        search_path: Some("/nowhere".into()),
    };
    let error = run(&plan, &mut |event| panic!("{event:?}")).unwrap_err();
    assert!(
        error.to_string().starts_with("no Python with Bytewax"),
        "{error}"
    );
}
