//! Tests that waxctl compares the steps of the user's own code with a record, and runs no other code.

use std::net::TcpListener;
use std::path::Path;

use dataflow::{Dataflow, label};
use kube::ResourceExt as _;
use serde_json::Value;
use wax_tests::command::run;

use crate::losses::{FLOW, Place, SUM};

/// Python code that leaves a mark when it is run.
fn hostile(mark: &Path) -> String {
    format!("open({:?}, 'w').write('run')\n", mark.to_str().unwrap())
}

/// Returns the record of the flow in git.
fn record(place: &Place) -> Option<Value> {
    let text = place.git(&["show", "HEAD:apps/prod/sums/dataflow.yaml"]);
    let flow: Dataflow = dataflow::yaml::from_str(&text).unwrap();
    let record = flow.annotations().get(label::STEPS)?;
    Some(serde_json::from_str(record).unwrap())
}

fn commits(place: &Place) -> usize {
    place.git(&["rev-list", "HEAD"]).lines().count()
}

/// Changes the flow's code in git by hand.
fn edit_in_git(place: &Place, code: &str) {
    std::fs::write(place.work("apps/prod/sums/sums.py"), code).unwrap();
    place.git(&["commit", "--quiet", "-am", "By hand"]);
}

#[test]
fn commit_records_steps_and_repeats_without_change() {
    let place = Place::new();
    let steps = record(&place).unwrap();
    assert_eq!(steps["flow"], "sums");
    assert_eq!(steps["stateful"], serde_json::json!(["sums.items", SUM]));
    assert_eq!(steps["engine"], "0.21.1");
    let before = commits(&place);
    let again = place.commit(&[]).code(0).unwrap();
    assert_eq!(
        (commits(&place), again.stderr.contains("warning")),
        (before, false),
        "{again:?}"
    );
    // The same code needs no Python.
    place.waxctl(false, "commit", &["-p", "2"]).code(0).unwrap();
    assert_eq!(record(&place), Some(steps));
    let shown = place
        .waxctl(true, "diff", &["--ref", "HEAD~", "-p", "2"])
        .code(1)
        .unwrap();
    assert!(!shown.stdout.contains("bytewax.io/steps"), "{shown:?}");
    // Without recovery there is nothing to record.
    place
        .commit(&["--accept-state-loss", "--recovery=false"])
        .code(0)
        .unwrap();
    assert_eq!(record(&place), None);
}

#[test]
fn code_of_git_is_never_run() {
    let place = Place::new();
    let mark = place.work("mark");
    edit_in_git(&place, &(hostile(&mark) + FLOW));
    place.write(&FLOW.replace("\"sum\"", "\"total\""));
    let other_code = "has a record of steps that belongs to other code";
    for verb in ["diff", "commit"] {
        let reset = ["--reset", "--recovery"];
        let refused = place.waxctl(true, verb, if verb == "commit" { &reset } else { &[] });
        let refused = refused.code(5).unwrap();
        assert!(refused.stderr.contains(other_code), "{refused:?}");
        assert!(
            refused.stderr.contains("--accept-unchecked-steps"),
            "{refused:?}"
        );
    }
    assert!(!mark.exists());
    let accepted = ["--reset", "--recovery", "--accept-unchecked-steps"];
    let accepted = place.commit(&accepted).code(0).unwrap();
    assert!(accepted.stderr.contains(other_code), "{accepted:?}");
    assert!(!mark.exists());
    assert!(
        record(&place).unwrap()["stateful"]
            .to_string()
            .contains("sums.total")
    );
}

#[test]
fn merged_code_of_colleague_is_never_run() {
    let place = Place::new();
    let mark = place.work("mark");
    // Both change the same file, in different lines; or the colleague adds a file.
    edit_in_git(&place, &format!("{FLOW}\n{}", hostile(&mark)));
    place.write(&FLOW.replacen('\n', "\n# mine\n", 1));
    for more in [&["--dry-run"][..], &[]] {
        let finished = place.commit(more);
        assert_ne!(finished.code, 0, "{finished:?}");
        assert!(!mark.exists(), "{finished:?}");
    }
    let accepted = place.commit(&["--accept-unchecked-steps"]);
    assert!(!mark.exists(), "{accepted:?}");
}

#[test]
fn variable_of_colleague_does_not_reach_code() {
    let place = Place::empty();
    let out = place.work("names");
    let mark = format!("open({out:?}, 'a').write(' '.join(os.environ) + '\\n')\n");
    place.write(&format!("import os\n{mark}{FLOW}"));
    place
        .commit(&["--recovery", "-e", "OWN=mine", "-e", "CHANGED=mine"])
        .code(0)
        .unwrap();
    let path = place.work("apps/prod/sums/dataflow.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let theirs = text.replace("  env:\n", "  env:\n  - name: BROWSER\n    value: theirs\n");
    assert_ne!(theirs, text, "{text}");
    std::fs::write(&path, theirs).unwrap();
    place.git(&["commit", "--quiet", "-am", "By hand"]);
    std::fs::remove_file(&out).unwrap();
    place.write(&format!(
        "import os\n{mark}{}",
        FLOW.replace("+ value", "+ 2 * value")
    ));
    // The variables belong to the code of a record, so that the edit has none.
    let unchecked = ["-e", "OWN=mine", "--accept-unchecked-steps"];
    place.commit(&unchecked).code(0).unwrap();
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed.contains("BROWSER"), "{committed}");
    let names = std::fs::read_to_string(&out).unwrap();
    let names: Vec<&str> = names.split_whitespace().collect();
    assert!(names.contains(&"OWN"), "{names:?}");
    for foreign in ["BROWSER", "CHANGED"] {
        assert!(!names.contains(&foreign), "{names:?}");
    }
    // Code that needs a variable of git says which one to name.
    let needs = format!(
        "import os\nos.environ['CHANGED']\n{}",
        FLOW.replace("+ value", "- value")
    );
    place.write(&needs);
    let refused = place.commit(&["-e", "OWN=mine"]).code(5).unwrap();
    let hint = "its variable `CHANGED` was not given in this call: add `-e CHANGED=VALUE`";
    assert!(refused.stderr.contains(hint), "{refused:?}");
}

#[test]
fn entry_point_of_git_runs_no_library_function() {
    let place = Place::new();
    let mark = place.work("mark");
    let path = place.work("apps/prod/sums/dataflow.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let entry = format!(
        "pythonFileName: subprocess:getoutput('touch {}')",
        mark.display()
    );
    let text = text.replace("pythonFileName: sums.py", &entry);
    std::fs::write(&path, text).unwrap();
    place.git(&["commit", "--quiet", "-am", "By hand"]);
    place.write(&FLOW.replace("+ value", "+ 2 * value"));
    for verb in ["diff", "commit"] {
        let finished = place.waxctl(true, verb, &[]);
        assert!(!mark.exists(), "{finished:?}");
    }
}

#[test]
fn flow_of_earlier_release_is_recorded_unchanged() {
    let place = Place::empty();
    // Without Python the first commit has no record, as one of an earlier release.
    let first = place
        .waxctl(false, "commit", &["--recovery"])
        .code(0)
        .unwrap();
    let note = "the steps of `sums` are not recorded";
    assert!(first.stderr.contains(note), "{first:?}");
    assert_eq!(record(&place), None);
    // What changes no code needs no word and no Python.
    let scaled = place.waxctl(false, "commit", &["-p", "2"]).code(0).unwrap();
    assert_eq!(scaled.stderr.matches("warning").count(), 0, "{scaled:?}");
    let renamed = FLOW.replace("\"sum\"", "\"total\"");
    place.write(&renamed);
    for verb in ["diff", "commit"] {
        let refused = place.waxctl(true, verb, &[]).code(5).unwrap();
        assert!(
            refused.stderr.contains("has no record of its steps"),
            "{refused:?}"
        );
    }
    let accepted = place.waxctl(true, "diff", &["--accept-unchecked-steps"]);
    accepted.code(1).unwrap();
    place.write(FLOW);
    place.commit(&[]).code(0).unwrap();
    assert!(record(&place).is_some());
    place.write(&renamed);
    let refused = place.commit(&[]).code(5).unwrap();
    assert!(
        refused.stderr.contains(&format!("step {SUM} was removed")),
        "{refused:?}"
    );
}

#[test]
fn recovery_is_turned_on_without_a_word() {
    let place = Place::empty();
    place.commit(&[]).code(0).unwrap();
    assert_eq!(record(&place), None);
    place.write(&FLOW.replace("\"sum\"", "\"total\""));
    place.commit(&["--recovery"]).code(0).unwrap();
    assert!(record(&place).is_some());
}

#[test]
fn code_that_cannot_be_loaded_needs_a_word() {
    let place = Place::new();
    place.write(&FLOW.replace("\"sum\"", "\"total\""));
    let without = place.waxctl(false, "diff", &[]).code(5).unwrap();
    let why = "its new code: no Python on the PATH has Bytewax";
    assert!(without.stderr.contains(why), "{without:?}");
    place.write("import nowhere\n");
    let broken = place.commit(&[]).code(5).unwrap();
    let why = "its new code: ModuleNotFoundError: No module named 'nowhere'";
    assert!(broken.stderr.contains(why), "{broken:?}");
    place.commit(&["--accept-unchecked-steps"]).code(0).unwrap();
    assert_eq!(record(&place), None);
}

/// Code that opens a port as soon as it is imported.
fn listening(port: u16) -> String {
    format!(
        "import socket\nlistener = socket.socket()\nlistener.bind(('127.0.0.1', {port}))\nlistener.listen()\n{FLOW}"
    )
}

#[test]
fn renamed_step_is_found_though_port_opens() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    drop(held);
    let place = Place::empty();
    place.write(&listening(port));
    place.commit(&["--recovery"]).code(0).unwrap();
    place.write(&listening(port).replace("\"sum\"", "\"total\""));
    let refused = place.commit(&[]).code(5).unwrap();
    assert!(
        refused.stderr.contains(&format!("step {SUM} was removed")),
        "{refused:?}"
    );
    let _held = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let refused = place.commit(&[]).code(5).unwrap();
    assert!(
        refused.stderr.contains("Address already in use"),
        "{refused:?}"
    );
    assert!(
        refused.stderr.contains("--accept-unchecked-steps"),
        "{refused:?}"
    );
}

#[test]
fn loaded_code_sees_no_credentials() {
    let place = Place::empty();
    let out = place.work("names");
    place.write(&format!(
        "import os\nopen(os.environ['OUT'], 'w').write('\\n'.join(os.environ))\n{FLOW}"
    ));
    let variable = format!("OUT={}", out.display());
    let flow = [
        "df",
        "commit",
        "sums.py",
        "--name",
        "sums",
        "--env",
        "prod",
        "--recovery",
        "-e",
    ];
    let mut command = place.command(true);
    for name in [
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "SSH_AUTH_SOCK",
        "LD_PRELOAD",
    ] {
        command.env(name, "/canary");
    }
    run(command.args(flow).arg(&variable), b"")
        .unwrap()
        .code(0)
        .unwrap();
    let names = std::fs::read_to_string(out).unwrap();
    for name in ["AWS_", "TOKEN", "SSH_", "LD_PRELOAD", "KUBECONFIG", "GIT_"] {
        assert!(!names.contains(name), "{names}");
    }
}

#[test]
fn folder_rendered_into_the_repository_is_recorded() {
    let place = Place::empty();
    let folder = "apps/prod/sums";
    let waxctl = |arguments: &[&str]| run(place.command(true).args(arguments), b"").unwrap();
    let render = [
        "df",
        "render",
        "sums.py",
        "-N",
        "sums",
        "--recovery",
        "--into",
        folder,
    ];
    waxctl(&render).code(0).unwrap();
    let path = place.work("apps/prod/sums/dataflow.yaml");
    let own = std::fs::read_to_string(&path).unwrap();
    let own = own.replace("metadata:", "# of the shop\nmetadata: # by hand");
    std::fs::write(&path, &own).unwrap();
    waxctl(&["df", "commit", folder, "--env", "prod"])
        .code(0)
        .unwrap();
    assert!(record(&place).is_some());
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed.contains("# of the shop\nmetadata: # by hand\n"),
        "{committed}"
    );
    assert_eq!(place.git(&["status", "--porcelain"]), "?? sums.py\n");
    // Code and dataflow.yaml are edited in place.
    std::fs::write(
        place.work("apps/prod/sums/sums.py"),
        FLOW.replace("+ value", "- value"),
    )
    .unwrap();
    std::fs::write(
        &path,
        committed.replace("spec:\n", "spec:\n  processesCount: 2 # two\n"),
    )
    .unwrap();
    waxctl(&["df", "commit", folder]).code(0).unwrap();
    assert!(record(&place).is_some());
    let unchanged = waxctl(&["df", "diff", folder]);
    unchanged.code(0).unwrap();
    std::fs::write(
        place.work("apps/prod/sums/sums.py"),
        FLOW.replace("\"sum\"", "\"total\""),
    )
    .unwrap();
    let refused = waxctl(&["df", "commit", folder]).code(5).unwrap();
    assert!(
        refused.stderr.contains(&format!("step {SUM} was removed")),
        "{refused:?}"
    );
}

#[test]
fn flow_that_runs_on_import_is_refused() {
    let place = Place::empty();
    let mark = place.work("mark");
    let ran = format!("lambda item: open({:?}, 'w')", mark.to_str().unwrap());
    let flow = FLOW
        .replace("import TestingSource", "import TestingSource, run_main")
        .replace(
            "op.output(\"out\", sums,",
            &format!("op.output(\"out\", op.map(\"mark\", sums, {ran}),"),
        );
    let line = flow.lines().count() + 1;
    place.write(&format!("{flow}run_main(flow)\n"));
    let expected = format!(
        "error: sums.py:{line} runs the flow while it is imported: put it below `if __name__ == \"__main__\":`"
    );
    let mut calls = vec![run(place.command(true).args(["run", "sums.py"]), b"").unwrap()];
    for recovery in ["--recovery", "--recovery=false"] {
        calls.extend(["diff", "commit"].map(|verb| place.waxctl(true, verb, &[recovery])));
    }
    let deploy = [
        "df",
        "deploy",
        "sums.py",
        "--name",
        "sums",
        "--server",
        "http://127.0.0.1:1",
    ];
    calls.push(run(place.command(true).args(deploy), b"").unwrap());
    for refused in calls {
        assert!(refused.stderr.contains(&expected), "{refused:?}");
        assert_eq!((refused.code, mark.exists()), (2, false), "{refused:?}");
    }
    assert_eq!(commits(&place), 1);
}
