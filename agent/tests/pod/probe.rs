//! `probe` with the real engine's import.

use agent::report::{FailureKind, PodMessage};

use crate::environment::Pod;

#[test]
fn a_dataflow_is_described_and_not_run() {
    let pod = Pod::new(&format!(
        "print('hello from import')\n{}",
        include_str!("flows/count.py")
    ));
    let (code, out, log) = pod.finish("probe");
    assert_eq!((code, log.as_str()), (0, ""));
    insta::assert_snapshot!(out, @r#"
    hello from import
    {"kind":"Probed","v":1,"flow":"count","steps":["count.inp","count.text","count.text.flat_map_batch","count.out"],"engine":"0.21.1"}
    "#);
    assert_eq!(PodMessage::parse(&out), Some(pod.message()));
}

#[test]
fn a_module_that_leaves_threads_behind_does_not_hold_the_probe_up() {
    let pod = Pod::new(&format!(
        "import threading\nthreading.Thread(target=threading.Event().wait).start()\n{}",
        include_str!("flows/count.py")
    ));
    assert_eq!(pod.finish("probe").0, 0);
}

#[test]
fn a_fault_is_the_last_line_and_the_message() {
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
