//! `probe` with the real engine's import.

use std::{fs, path::Path, process::Command};

use agent::report::{FailureKind, PodMessage, ProbeReport};

use crate::{environment::Pod, venv};

#[test]
fn probe_reports_steps_without_running() {
    let pod = Pod::new(&format!(
        "print('hello from import')\n{}",
        include_str!("flows/count.py")
    ));
    let (code, out, log) = pod.finish("probe");
    assert_eq!((code, log.as_str()), (0, ""));
    insta::assert_snapshot!(out, @r#"
    hello from import
    {"kind":"Probed","v":1,"flow":"count","steps":["count.inp","count.text","count.text.flat_map_batch","count.out"],"stateful":["count.inp"],"engine":"0.21.1"}
    "#);
    assert_eq!(PodMessage::parse(&out), Some(pod.message()));
}

#[test]
fn background_thread_does_not_delay_the_probe() {
    let pod = Pod::new(&format!(
        "import threading\nthreading.Thread(target=threading.Event().wait).start()\n{}",
        include_str!("flows/count.py")
    ));
    assert_eq!(pod.finish("probe").0, 0);
}

#[test]
fn fault_is_last_line_and_termination_message() {
    let pod = Pod::new("import json\n\nflow = json.loads('{')");
    let (code, out, log) = pod.finish("probe");
    assert_eq!(code, 1, "{log}");
    assert_eq!(PodMessage::parse(&out), Some(pod.message()));
    let report = pod.failure();
    assert_eq!(
        (report.kind, report.file.as_deref(), report.line),
        (FailureKind::ImportError, Some("flow.py"), Some(3))
    );
    assert!(
        log.contains("Traceback") && log.contains("JSONDecodeError"),
        "{log}"
    );
}

/// Runs the flow of a pod, and returns the ids under which the engine has stored state.
fn stored(pod: &Pod, store: &Path) -> Vec<String> {
    fs::create_dir(store).unwrap();
    let python = |args: &[&str]| {
        let mut command = Command::new(venv::bin().join("python"));
        let output = command
            .args(args)
            .current_dir(pod.work(""))
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let folder = store.to_str().unwrap();
    python(&["-m", "bytewax.recovery", folder, "1"]);
    let run = ["-m", "bytewax.run", "flow.py", "-r", folder];
    python(&[&run[..], &["-s", "0", "-b", "600"]].concat());
    let query = format!(
        "import sqlite3\nfor row in sqlite3.connect('{folder}/part-0.sqlite3').execute(\
         'SELECT DISTINCT step_id FROM snaps ORDER BY step_id'): print(row[0])"
    );
    let ids = python(&["-c", &query]);
    ids.lines().map(str::to_owned).collect()
}

#[test]
fn stateful_steps_are_those_the_engine_stores() {
    let pod = Pod::new(include_str!("flows/kinds.py"));
    let (code, out, log) = pod.finish("probe");
    assert_eq!(code, 0, "{log}");
    let Some(PodMessage::Probed(report)) = PodMessage::parse(&out) else {
        panic!("{out}");
    };
    let ProbeReport {
        mut stateful,
        windows,
        ..
    } = report;
    assert_eq!(
        windows,
        ["kinds.windowed.fold_window.window.stateful_batch"]
    );
    stateful.sort();
    assert_eq!(stateful, stored(&pod, &pod.run_dir().join("store")));
    assert_eq!(stateful.len(), 11, "{stateful:?}");
}
