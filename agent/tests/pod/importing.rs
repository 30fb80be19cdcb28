//! Files that start the engine while they are loaded. They are refused before anything of the flow has run.

use agent::report::FailureKind;
use rstest::rstest;

use crate::environment::Pod;

/// A flow that writes `ran.txt` if an item reaches its step. It has 11 lines.
const FLOW: &str = r#"import os, runpy, subprocess, sys, threading
import bytewax.operators as op
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSource, cluster_main, run_main

flow = Dataflow("lab")
item = op.input("in", flow, TestingSource([1]))
ran = op.map("ran", item, lambda item: open("ran.txt", "a").write("ran"))
op.output("out", ran, StdOutSink())

"#;

fn refused(tail: &str, role: &str) -> (String, Option<u32>) {
    let pod = Pod::new(&format!("{FLOW}{tail}"));
    let (code, _, log) = pod.finish(role);
    assert_eq!(code, 1, "{log}");
    assert!(!pod.work("ran.txt").exists(), "{log}");
    let report = pod.failure();
    assert_eq!(report.kind, FailureKind::ImportError, "{report:?}");
    assert!(report.runs_on_import(), "{report:?}");
    (report.sentence(), report.line)
}

#[rstest]
#[case::of_testing("run_main(flow)\n", 12)]
#[case::cluster("cluster_main(flow, [], 0)\n", 12)]
#[case::of_engine("from bytewax._bytewax import run_main as go\ngo(flow)\n", 13)]
#[case::of_run("import bytewax.run\nbytewax.run.cli_main(flow)\n", 13)]
#[case::in_a_function("def main():\n    run_main(flow)\n\nmain()\n", 15)]
#[case::caught("try:\n    run_main(flow)\nexcept BaseException:\n    pass\n", 13)]
#[case::as_a_module(
    "sys.argv = ['run', 'flow.py']\nrunpy.run_module('bytewax.run', run_name='__main__')\n",
    13
)]
#[case::as_a_command(
    "subprocess.run([sys.executable, '-m', 'bytewax.run', 'flow.py'])\n",
    12
)]
#[case::in_a_shell("os.system('python -m bytewax.run flow.py')\n", 12)]
fn start_at_import_is_refused_with_its_line(#[case] tail: &str, #[case] line: u32) {
    let (sentence, found) = refused(tail, "probe");
    let remedy = r#"put it below `if __name__ == "__main__":`"#;
    let expected = format!("flow.py:{line} runs the flow while it is imported: {remedy}");
    assert_eq!((sentence, found), (expected, Some(line)));
}

#[rstest]
#[case::of_testing("run_main(flow)\n")]
#[case::cluster("cluster_main(flow, [], 0)\n")]
#[case::of_run("from bytewax.run import cli_main\n\ncli_main(flow)\n")]
fn launch_refuses_start_at_import(#[case] tail: &str) {
    let (sentence, _) = refused(tail, "launch");
    assert!(sentence.starts_with("flow.py:1"), "{sentence}");
}

#[rstest]
#[case::in_a_thread("t = threading.Thread(target=run_main, args=(flow,))\nt.start()\nt.join()\n")]
#[case::in_a_fork("pid = os.fork()\nif not pid:\n    run_main(flow)\nos.waitpid(pid, 0)\n")]
fn start_beside_the_import_is_refused(#[case] tail: &str) {
    let (sentence, _) = refused(tail, "probe");
    assert!(sentence.starts_with("flow.py"), "{sentence}");
}

#[test]
fn guarded_start_is_not_refused() {
    let guarded = format!("{FLOW}if __name__ == \"__main__\":\n    run_main(flow)\n");
    let (code, _, log) = Pod::new(&guarded).finish("probe");
    assert_eq!(code, 0, "{log}");
}

#[test]
fn start_in_a_builder_is_refused() {
    let builder = format!("{FLOW}def build():\n    run_main(flow)\n    return flow\n");
    let pod = Pod::new(&builder).set("WAXRUN_PYTHON_FILE", "flow.py:build()");
    let (code, _, log) = pod.finish("probe");
    assert_eq!(code, 1, "{log}");
    assert!(!pod.work("ran.txt").exists(), "{log}");
    let sentence = pod.failure().sentence();
    assert_eq!(
        sentence,
        "flow.py:13 runs the flow while it is loaded: leave that to the platform, and only return it"
    );
}
