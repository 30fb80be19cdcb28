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

const COUNT: &str = include_str!("flows/count.py");

/// Files that cannot be loaded: `flow.py`, and what is beside it.
const NOT_LOADABLE: [(&str, &[(&str, &str)]); 12] = [
    ("import os\nbroker = os.environ['KAFKA_BROKER']\n", &[]),
    (
        "import shop.a\n",
        &[
            ("shop/a.py", "import shop.b\n"),
            ("shop/b.py", "\nimport pandas_x\n"),
        ],
    ),
    (
        "import shop.a\n",
        &[(
            "shop/a.py",
            "try:\n    import pandas_x\nexcept ImportError as error:\n    raise RuntimeError('no pandas') from error\n",
        )],
    ),
    (
        "from shop.steps import parse\n",
        &[
            ("src/shop/__init__.py", ""),
            ("src/shop/steps.py", "parse = 1\n"),
        ],
    ),
    (
        "from shop.steps import parse\n",
        &[("steps.py", "parse = 1\n")],
    ),
    ("from shop import steps\n", &[("steps/x.py", "")]),
    ("from shop.gone import x\n", &[("shop/__init__.py", "")]),
    (
        COUNT,
        &[
            ("queue.py", ""),
            ("asyncio/__init__.py", "import queue\nqueue.Queue\n"),
        ],
    ),
    (
        "from types import Order\n",
        &[("types.py", "class Order: pass\n")],
    ),
    (COUNT, &[("bytewax.py", "")]),
    ("from . import steps\n", &[("steps.py", "")]),
    ("from shop.a import x\n", &[("shop/a.py", "x = {}['y']\n")]),
];

#[test]
fn failed_import_is_explained() {
    let mut failures = Vec::new();
    for (flow, files) in NOT_LOADABLE {
        let pod = Pod::new(flow);
        for (path, text) in files {
            let path = pod.work(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let (code, _, log) = pod.finish("probe");
        assert_eq!(code, 1, "{log}");
        let report = pod.failure();
        assert_eq!(report.kind, FailureKind::ImportError, "{log}");
        failures.push(report.sentence());
    }
    insta::with_settings!({filters => vec![(r"\(/\S+/types\.py\)", "([python]/types.py)")]}, {
        insta::assert_snapshot!(failures.join("\n"));
    });
}

/// The launcher's own imports come from the standard library, whatever the code contains.
#[test]
fn code_may_have_names_of_launcher_modules() {
    let pod = Pod::new(include_str!("flows/count.py"));
    for name in [
        "json",
        "re",
        "types",
        "enum",
        "signal",
        "traceback",
        "linecache",
        "token",
        "pkgutil",
        "failures",
    ] {
        fs::write(
            pod.work(&format!("{name}.py")),
            "raise RuntimeError('hidden')\n",
        )
        .unwrap();
    }
    assert_eq!(pod.finish("probe").0, 0);
}

#[test]
fn flow_uses_its_own_module_named_pkgutil() {
    let count = include_str!("flows/count.py");
    let pod = Pod::new(&format!("{count}import pkgutil\nassert pkgutil.MINE\n"));
    fs::write(pod.work("pkgutil.py"), "MINE = True\n").unwrap();
    assert_eq!(pod.finish("probe").0, 0);
}

#[test]
fn module_named_pkgutil_does_not_hide_advice() {
    let pod = Pod::new("import pandas_x\n");
    fs::write(pod.work("pkgutil.py"), "raise RuntimeError('hidden')\n").unwrap();
    assert_eq!(pod.finish("probe").0, 1);
    let told = pod.failure().sentence();
    assert!(told.contains("use an image that has it"), "{told}");
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
