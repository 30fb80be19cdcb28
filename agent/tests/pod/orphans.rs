//! The launcher's comparison of a dataflow's steps with the recovery store: without it no engine starts.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use agent::{
    engine::{Engine, Inherited, Mode, Recovery},
    outcome::{Outcome, judge},
    report::{FailureKind, TerminationReport},
};
use rstest::rstest;
use store::spec::Intervals;
use tempfile::TempDir;

use crate::venv;

const COUNT: &str = include_str!("flows/count.py");

/// Python code that makes an image without the metadata of the package.
const NO_METADATA: &str = "
import importlib.metadata as metadata
def version(name):
    raise metadata.PackageNotFoundError(name)
metadata.version = version
";
/// Python code after which the steps of the dataflow cannot be listed.
const DAMAGED: &str = "\nobject.__setattr__(flow, 'substeps', [object()])\n";

struct Store {
    root: TempDir,
}

impl Store {
    fn new() -> Self {
        let store = Self {
            root: TempDir::new().unwrap(),
        };
        for folder in ["work", "scratch", "store"] {
            fs::create_dir(store.at(folder)).unwrap();
        }
        let made = Command::new(python())
            .args(["-m", "bytewax.recovery"])
            .args([&store.at("store"), Path::new("1")])
            .status();
        assert!(made.unwrap().success());
        store
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Runs code with a store in which these steps have state.
    fn run(&self, mode: Mode, code: &str, stored: &[&str]) -> Outcome {
        fs::write(self.at("work/flow.py"), code).unwrap();
        let recovery = Recovery {
            folder: self.at("store"),
            intervals: Intervals::new(1, 0).unwrap(),
            stored: stored.iter().map(|step| (*step).to_owned()).collect(),
        };
        let engine = Engine {
            python: python(),
            workdir: self.at("work"),
            scratch: self.at("scratch"),
            python_file: "flow.py".to_owned(),
            mode,
            workers: 1,
            gang: None,
            recovery: (mode == Mode::Run).then_some(recovery),
            web: None,
            inherited: Inherited::All,
            env: Vec::new(),
        };
        let mut child = engine.start(Stdio::null).unwrap();
        judge(child.wait().unwrap().into(), &engine.report()).unwrap()
    }
}

fn python() -> PathBuf {
    venv::bin().join("python")
}

fn refusal(outcome: Outcome) -> TerminationReport {
    match outcome {
        Outcome::Failed(report) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn orphans_are_found_without_metadata_of_the_package() {
    let store = Store::new();
    let code = format!("{NO_METADATA}{COUNT}");
    let report = refusal(store.run(Mode::Run, &code, &["count.input"]));
    assert_eq!(
        (report.kind, report.exit_code),
        (FailureKind::StoreRefused, 3)
    );
    assert!(report.sentence().contains("count.input"), "{report:?}");
    let same = store.run(Mode::Run, &code, &["count.inp"]);
    assert_eq!(same, Outcome::Ended);
}

#[rstest]
#[case::damaged(&format!("{COUNT}{DAMAGED}"))]
#[case::unreadable(&format!("{COUNT}\nopen(os.path.join('..', 'scratch', 'stored.json'), 'w').close()\n"))]
fn engine_does_not_start_without_the_comparison(#[case] code: &str) {
    let code = format!("import os\n{code}");
    let report = refusal(Store::new().run(Mode::Run, &code, &["count.inp"]));
    assert_eq!(
        (report.kind, report.exit_code),
        (FailureKind::StoreRefused, 3)
    );
    let sentence = report.sentence();
    assert!(
        sentence.starts_with("cannot compare the steps"),
        "{sentence}"
    );
}

#[test]
fn probe_of_damaged_dataflow_has_a_report() {
    let code = format!("{COUNT}{DAMAGED}");
    let report = refusal(Store::new().run(Mode::Probe, &code, &[]));
    assert!(report.sentence().contains("AttributeError"), "{report:?}");
}
