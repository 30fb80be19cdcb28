//! Tests the examples without a cluster, as their READMEs describe them.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use process_group::Program;
use wax_tests::command::run;
use wax_tests::local::bytewax_python;
use wax_tests::programs::{programs, root};

#[test]
fn example_renders_to_its_committed_yaml() {
    let package = tempfile::tempdir().unwrap();
    run(
        Command::new(root().join("examples/access-log/package.sh")).arg(package.path()),
        b"",
    )
    .unwrap()
    .ok()
    .unwrap();
    let hello = root().join("examples/hello/hello.py");
    let examples: [(&str, Vec<&str>); 2] = [
        ("hello", vec![hello.to_str().unwrap(), "--name", "hello"]),
        (
            "access-log",
            vec![
                package.path().to_str().unwrap(),
                "--name",
                "access-log",
                "-f",
                "access_log.py",
                "-p",
                "2",
                "-e",
                "LINES_PER_SECOND=100",
            ],
        ),
    ];
    for (example, arguments) in examples {
        let mut render = Command::new(&programs().unwrap().waxctl);
        let layout = package.path().join(format!("layout-{example}"));
        render
            .args(["df", "render"])
            .args(&arguments)
            .arg("--into")
            .arg(&layout);
        run(&mut render, b"").unwrap().ok().unwrap();
        let beside = root().join("examples").join(example).join("dataflow.yaml");
        let rendered = std::fs::read_to_string(layout.join("dataflow.yaml")).unwrap();
        if std::env::var_os("WAX_UPDATE_EXAMPLES").is_some() {
            std::fs::write(&beside, &rendered).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(&beside).unwrap(),
            rendered,
            "if this change is intended, run the test again with WAX_UPDATE_EXAMPLES=1"
        );
    }
}

#[test]
fn access_log_package_is_complete_and_small() {
    let log = std::fs::read_to_string(root().join("examples/access-log/access.log")).unwrap();
    assert_eq!(log.lines().count(), 10_000);
    let package = tempfile::tempdir().unwrap();
    run(
        Command::new(root().join("examples/access-log/package.sh")).arg(package.path()),
        b"",
    )
    .unwrap()
    .ok()
    .unwrap();
    let packed: u64 = std::fs::read_dir(package.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(packed <= 200 * 1024, "{packed} bytes");
}

#[test]
fn two_processes_have_results_of_one_process() {
    let alone = lines(access_log(&[]));
    let addresses = wax_tests::ports::gang(2).unwrap();
    let pair = ["0", "1"].map(|index| {
        access_log(&[
            ("BYTEWAX_ADDRESSES", &addresses),
            ("BYTEWAX_PROCESS_ID", index),
        ])
    });
    let [first, second] = pair.map(lines);
    assert!(
        !first.is_empty() && !second.is_empty(),
        "both processes have results"
    );
    assert!(first.is_disjoint(&second), "no result exists twice");
    assert_eq!(&first | &second, alone);
}

fn access_log(environment: &[(&str, &str)]) -> Program {
    let mut command = Command::new(bytewax_python().unwrap());
    command
        .current_dir(root().join("examples/access-log"))
        .args(["-m", "bytewax.run", "access_log"])
        .envs(environment.iter().copied())
        .stdout(Stdio::piped());
    Program::start(&mut command).unwrap()
}

/// Returns the lines with sessions and totals. A run prints each of them exactly once.
fn lines(process: Program) -> BTreeSet<String> {
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter(|line| line.starts_with("session ") || line.ends_with(" total"))
        .map(str::to_owned)
        .collect()
}
