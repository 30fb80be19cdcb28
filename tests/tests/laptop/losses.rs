//! Tests that waxctl finds steps that would lose their state before a commit, by loading the code with real Bytewax.

use std::path::{Path, PathBuf};
use std::process::Command;

use wax_tests::command::{Finished, git, isolate_git, run};
use wax_tests::flow_repository::FlowRepository;
use wax_tests::local::bytewax_python;
use wax_tests::programs::programs;

pub(crate) const FLOW: &str = r#"
import bytewax.operators as op
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSource

flow = Dataflow("sums")
items = op.input("items", flow, TestingSource([("a", 1)]))
sums = op.stateful_map("sum", items, lambda state, value: ((state or 0) + value,) * 2)
op.output("out", sums, StdOutSink())
"#;
pub(crate) const SUM: &str = "sums.sum.stateful_flat_map.stateful.stateful_batch";
const STORE: &str = "0b7c4a52-7a52-4d0f-9d44-000000000001/1-0b7c4a52";

/// A repository with a stateful flow in `apps/prod/`.
pub(crate) struct Place(FlowRepository);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self::empty();
        place.commit(&["--recovery"]).code(0).unwrap();
        place
    }

    /// Returns a repository without any flow, with the source of one.
    pub(crate) fn empty() -> Self {
        let place = Self(FlowRepository::new().unwrap());
        place.write(FLOW);
        place
    }

    pub(crate) fn work(&self, path: &str) -> PathBuf {
        self.0.work().join(path)
    }

    pub(crate) fn write(&self, flow: &str) {
        std::fs::write(self.work("sums.py"), flow).unwrap();
    }

    /// Runs waxctl, with or without the Python that has Bytewax on the PATH.
    pub(crate) fn waxctl(&self, bytewax: bool, verb: &str, more: &[&str]) -> Finished {
        let flow = ["df", verb, "sums.py", "--name", "sums", "--env", "prod"];
        run(self.command(bytewax).args(flow).args(more), b"").unwrap()
    }

    /// Prepares waxctl.
    pub(crate) fn command(&self, bytewax: bool) -> Command {
        let mut path: Vec<_> =
            std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
        if bytewax {
            let python = bytewax_python().unwrap();
            path.insert(0, python.parent().map(Path::to_owned).unwrap());
        }
        let mut command = Command::new(&programs().unwrap().waxctl);
        isolate_git(&mut command, &self.0.work());
        command
            .current_dir(self.0.work())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("KUBECONFIG", "/dev/null");
        command
    }

    pub(crate) fn commit(&self, more: &[&str]) -> Finished {
        self.waxctl(true, "commit", more)
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.0.work(), arguments).unwrap().ok().unwrap()
    }
}

#[test]
fn renamed_step_needs_accept_state_loss_to_commit() {
    let place = Place::new();
    place.write(&FLOW.replace("\"sum\"", "\"total\""));
    let why = "was removed, and sums.total.stateful_flat_map.stateful.stateful_batch was added";

    let diff = place.waxctl(true, "diff", &[]).code(5).unwrap();
    let line = format!("state[{SUM}]: kept -> lost: the step {why}  [state lost]");
    assert!(diff.stdout.contains(&line), "{diff:?}");
    let meant = place.waxctl(true, "diff", &["--accept-state-loss"]);
    meant.code(1).unwrap();

    let before = place.git(&["rev-parse", "HEAD"]);
    for more in [&["--dry-run"][..], &[]] {
        let refused = place.commit(more).code(5).unwrap();
        assert!(
            refused.stderr.contains(&format!("step {SUM} {why}")),
            "{refused:?}"
        );
    }
    let unknown = place.commit(&["--accept-state-loss"]).code(1).unwrap();
    assert!(
        unknown.stderr.contains("--store STORE-ID/TIMELINE"),
        "{unknown:?}"
    );
    assert_eq!(place.git(&["rev-parse", "HEAD"]), before);

    let meant = ["--accept-state-loss", "--store", STORE];
    place.commit(&meant).code(0).unwrap();
    let dataflow = place.git(&["show", "HEAD:apps/prod/sums/dataflow.yaml"]);
    for said in [
        "type: DropSteps",
        SUM,
        "storeId: 0b7c4a52-7a52-4d0f-9d44-000000000001",
        "timeline: 1-0b7c4a52",
    ] {
        assert!(dataflow.contains(said), "{dataflow}");
    }
    let message = place.git(&["log", "-1", "--format=%B"]);
    assert!(message.contains("Waxctl-Cost: state lost"), "{message}");
    place.waxctl(true, "diff", &[]).code(0).unwrap();
}

#[test]
fn moved_state_class_loses_state() {
    let place = Place::empty();
    let class = "class Cart:\n    pass\n";
    let entry = format!("from state import Cart\n{FLOW}");
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(place.work("source")).unwrap();
        std::fs::write(place.work("source").join(name), text).unwrap();
    };
    let run_verb = |verb: &str, more: &[&str]| {
        let flow = [
            "df", verb, "source", "-f", "sums.py", "--name", "sums", "--env", "prod",
        ];
        run(place.command(true).args(flow).args(more), b"").unwrap()
    };
    write("sums.py", &entry);
    write("state.py", class);
    run_verb("commit", &["--recovery"]).code(0).unwrap();

    write("sums.py", &entry.replace("from state", "from models"));
    write("models.py", class);
    std::fs::remove_file(place.work("source/state.py")).unwrap();
    let why =
        "its state can contain objects of class `Cart`, which moves from state.py to models.py";
    let diff = run_verb("diff", &[]).code(5).unwrap();
    let line = format!("state[{SUM}]: kept -> lost: {why}");
    assert!(diff.stdout.contains(&line), "{diff:?}");
    let refused = run_verb("commit", &[]).code(5).unwrap();
    assert!(
        refused.stderr.contains(&format!("step {SUM}: {why}")),
        "{refused:?}"
    );

    // The old module still has the class.
    write("state.py", "from models import Cart\n");
    run_verb("commit", &[]).code(0).unwrap();
}

#[test]
fn renamed_dataflow_loses_all_state() {
    let place = Place::new();
    place.write(&FLOW.replace("\"sums\"", "\"totals\""));
    let diff = place.waxctl(true, "diff", &[]).code(5).unwrap();
    for step in [SUM, "sums.items"] {
        let line = format!(
            "state[{step}]: kept -> lost: its id begins with the name of the dataflow, which is now totals"
        );
        assert!(diff.stdout.contains(&line), "{diff:?}");
    }
}

#[test]
fn change_without_state_loss_is_one_restart() {
    let place = Place::new();
    place.write(&FLOW.replace("+ value", "+ 2 * value"));
    let diff = place.waxctl(true, "diff", &[]).code(1).unwrap();
    assert!(diff.stdout.contains("sums: one restart"), "{diff:?}");
    assert_eq!(diff.stderr, "");
    // With recovery disabled there is no state to lose.
    place.write(FLOW);
    let off = ["--accept-state-loss", "--recovery=false"];
    place.commit(&off).code(0).unwrap();
    place.write(&FLOW.replace("\"sum\"", "\"total\""));
    place.waxctl(true, "diff", &[]).code(1).unwrap();
}
