//! `launch` of a single process.

use std::{fs, process::Command};

use agent::{
    report::{FailureKind, ProcessPhase},
    state::RunDir,
};
use nix::sys::signal::Signal;
use rstest::rstest;

use crate::environment::{Pod, Running, eventually, lives};

const COUNT: &str = include_str!("flows/count.py");
const TICKS: &str = include_str!("flows/ticks.py");

#[rstest]
#[case("false")]
#[case("true")]
fn ended_dataflow_waits_and_does_not_run_again(#[case] keep_alive: &str) {
    let pod = Pod::new(COUNT).set("WAXRUN_KEEP_ALIVE", keep_alive);
    let mut first = pod.start("launch");
    first.until_out("9");
    let line = first.until_log("reached the end of all input");
    assert!(
        line.contains("in start 7")
            && line.contains("keeping the pod alive") == (keep_alive == "true")
    );
    assert!(RunDir::new(pod.run_dir()).end(7).is_some());
    assert_eq!(
        RunDir::new(pod.run_dir()).read(7).phase,
        ProcessPhase::Ended
    );
    assert_eq!(first.program.try_wait().unwrap(), None);
    first.signal(Signal::SIGTERM);
    assert_eq!(first.wait(), 0);

    let mut again = pod.start("launch");
    again.until_log("reached the end of all input");
    again.signal(Signal::SIGINT);
    assert_eq!(again.wait(), 0);
    assert_eq!(fs::read_to_string(pod.work("runs.txt")).unwrap(), "run\n");

    let pod = pod.set("WAXRUN_START", "8");
    let mut next = pod.start("launch");
    next.until_log("in start 8");
    next.signal(Signal::SIGTERM);
    assert_eq!(next.wait(), 0);
    assert_eq!(
        fs::read_to_string(pod.work("runs.txt")).unwrap(),
        "run\nrun\n"
    );
    assert!(!pod.has_message());
}

#[rstest]
#[case(Signal::SIGTERM, 143)]
#[case(Signal::SIGINT, 130)]
fn signal_kills_engine_and_its_children(#[case] signal: Signal, #[case] code: i32) {
    let pod = Pod::new(TICKS)
        .set("CHILD", "1")
        .set("PATH", "/usr/bin:/bin")
        .search_path("");
    let pod = pod.set(
        "PATH",
        &format!("{}:/usr/bin:/bin", crate::venv::bin().display()),
    );
    let mut running = pod.start("launch");
    let child = running.until_out("child ");
    let child: i32 = child.trim().rsplit(' ').next().unwrap().parse().unwrap();
    running.until_out("tick");
    assert!(lives(child));
    running.signal(signal);
    running.until_log("stopped by");
    assert_eq!(running.wait(), code);
    eventually("the end of the engine's child", || {
        (!lives(child)).then_some(())
    });
    assert!(RunDir::new(pod.run_dir()).end(7).is_none() && !pod.has_message());
}

#[test]
fn pid_1_handles_signals_and_reaps_orphans() {
    let orphan = "import os\nif os.fork() == 0:\n    os.fork()\n    os.setsid()\n    os._exit(0)\n";
    let pod = Pod::new(&format!("{orphan}{TICKS}"));
    let mut command = Command::new("unshare");
    command.args([
        "--user",
        "--map-root-user",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]);
    command.arg(env!("CARGO_BIN_EXE_waxrun")).arg("launch");
    pod.surround(&mut command);
    let unshare = command.env(
        "PATH",
        format!("{}:/usr/bin:/bin", crate::venv::bin().display()),
    );
    let mut running = Running::new(unshare);
    running.until_out("tick");
    let launch = only_child(running.program.id());
    let zombies = || {
        children(launch)
            .into_iter()
            .filter(|pid| !lives(*pid))
            .count()
    };
    eventually("a pod without zombies", || (zombies() == 0).then_some(()));
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(launch), Signal::SIGTERM).unwrap();
    running.until_log("stopped by");
    assert_eq!(running.wait(), 143);
}

fn children(pid: i32) -> Vec<i32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect()
}

fn only_child(pid: u32) -> i32 {
    eventually("a child", || children(pid.cast_signed()).first().copied())
}

#[test]
fn failures_are_reported_with_their_place() {
    let cases = [
        Pod::new(TICKS).set("BAD", "b").set("HOW", "raise"),
        Pod::new(TICKS).set("BAD", "b").set("HOW", "chain"),
        Pod::new(TICKS)
            .set("BAD", "b")
            .set("HOW", "raise")
            .set("WAXRUN_WORKERS", "2"),
        Pod::new(TICKS).set("BAD", "b").set("HOW", "exit"),
        Pod::new("import os\nos._exit(0)"),
        Pod::new("import sys\nsys.exit(0)"),
        Pod::new("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
        Pod::new("import nothing_of_that_name"),
        Pod::new("def half(:"),
        Pod::new("x = 1"),
        Pod::new("flow = 'text'"),
        Pod::new("def build(n):\n    raise KeyError(n)")
            .set("WAXRUN_PYTHON_FILE", "flow.py:build(3)"),
        Pod::new("x = 1").set("WAXRUN_PYTHON_FILE", "other.py"),
        Pod::new(COUNT).search_path("/nowhere"),
        Pod::new(COUNT)
            .set("WAXRUN_WORKERS", "none")
            .set("WAXRUN_START", ""),
    ];
    let mut failures = Vec::new();
    for pod in cases {
        let keep_alive = pod.set("WAXRUN_KEEP_ALIVE", "true");
        let (code, _, log) = keep_alive.finish("launch");
        let report = keep_alive.failure();
        assert_eq!(report.exit_code, code, "{log}");
        assert!(
            log.contains(&report.sentence()) || report.kind == FailureKind::UsageError,
            "{log}"
        );
        failures.push(format!("{code} {} {}", report.kind, report.sentence()));
        let ended = RunDir::new(keep_alive.run_dir()).end(7).is_some();
        assert!(!ended, "{failures:?}");
    }
    insta::with_settings!({filters => vec![(r"/venv/bin/python: (not found|/venv\S+ has no module bytewax.run)", "/venv/bin/python: [refused]")]}, {
        insta::assert_snapshot!(failures.join("\n"), @r#"
        1 UserError ValueError: bad row b (step ticks.parse, flow.py:40)
        1 UserError RuntimeError: row cannot be read (step ticks.parse, flow.py:45)
        1 UserError ValueError: bad row b (step ticks.parse, flow.py:40)
        1 EngineError Python ended before the dataflow did, with code 0 (does the code call os._exit?)
        1 EngineError Python ended before the dataflow did, with code 0 (does the code call os._exit?)
        1 NotADataflow SystemExit: 0: the file ended Python while it was loaded (flow.py:2)
        137 EngineError Python was killed by SIGKILL while the dataflow ran (most often: out of memory)
        1 ImportError ModuleNotFoundError: No module named 'nothing_of_that_name': it is neither in the code nor installed; use an image that has it (flow.py:1)
        1 ImportError SyntaxError: invalid syntax (flow.py:1)
        1 NotADataflow AttributeError: Failed to find attribute 'flow' in 'flow'. (flow.py)
        1 NotADataflow RuntimeError: A valid Bytewax dataflow was not obtained from 'flow:flow' (flow.py)
        1 ImportError KeyError: 3 (flow.py:2)
        1 ImportError ModuleNotFoundError: No module named 'other': the entry point is other.py, and the code has no such file
        127 NoPython no Python with Bytewax in this image; tried python: not on PATH; /venv/bin/python: [refused]; python3: not on PATH
        2 UsageError WAXRUN_START is not set; WAXRUN_WORKERS is "none"; write a whole number from 1 to 1024
        "#);
    });
}

#[test]
fn traceback_in_the_log_omits_launcher_frames() {
    let pod = Pod::new(TICKS).set("BAD", "b").set("HOW", "chain");
    let (_, _, log) = pod.finish("launch");
    let (traceback, ours) = log.split_once("waxrun: ").unwrap();
    for line in [
        "ValueError: invalid literal",
        "RuntimeError: row cannot be read",
    ] {
        assert_eq!(traceback.matches(line).count(), 1, "{log}");
    }
    assert_eq!(traceback.matches("in parse").count(), 2, "{log}");
    assert_eq!(ours.lines().count(), 1, "{log}");
    assert!(!log.contains("runpy"), "{log}");
}

#[test]
fn engine_environment_ignores_variables_of_the_image() {
    let code = "import os, signal, sys\nfor name in sorted(os.environ):\n    if name.startswith(('BYTEWAX', 'WAXRUN', 'PYTHON', 'HOME', 'MINE')):\n        print(name, os.environ[name])\nprint(signal.pthread_sigmask(signal.SIG_BLOCK, []), os.getpgid(0) == os.getpid())\nprint(os.getcwd() == sys.path[0], end='!\\n')\n";
    let pod = Pod::new(code)
        .set("MINE", "yes")
        .set("PYTHONPATH", "/opt/more")
        .set("BYTEWAX_RECOVERY_DIRECTORY", "")
        .set("BYTEWAX_WORKERS_PER_PROCESS", "0")
        .set("BYTEWAX_ADDRESSES", "a:1;")
        .set("HOME", "/");
    let (_, out, _) = pod.finish("launch");
    let out = out
        .replace(
            &pod.work("")
                .display()
                .to_string()
                .trim_end_matches('/')
                .to_owned(),
            "[work]",
        )
        .replace(&pod.run_dir().display().to_string(), "[run]")
        .replace(pod.value("WAXRUN_ENGINE_PORT"), "[port]");
    insta::assert_snapshot!(out, @"
    BYTEWAX_DATAFLOW_API_CACHE_PATH [run]
    BYTEWAX_DATAFLOW_API_ENABLED 1
    BYTEWAX_DATAFLOW_API_PORT [port]
    HOME /tmp
    MINE yes
    PYTHONPATH [work]:/opt/more
    PYTHONUNBUFFERED 1
    set() True
    True!
    ");
}
