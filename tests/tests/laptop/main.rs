//! Tests `waxctl run`, which runs a flow on this machine with real Bytewax and the launcher that pods use.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

mod graph;
mod interrupted_commit;
mod losses;
mod pickles;
mod step_check;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use process_group::Program;
use wax_tests::command::{Finished, run};
use wax_tests::local::bytewax_python;
use wax_tests::programs::{programs, root};

/// Returns the command `waxctl run`, with the Python that has Bytewax first on the PATH.
fn waxctl_run(arguments: &[&str]) -> Command {
    let python = bytewax_python().unwrap();
    let mut path = vec![python.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let mut command = Command::new(&programs().unwrap().waxctl);
    command
        .arg("run")
        .args(arguments)
        .env("PATH", std::env::join_paths(path).unwrap());
    command
}

fn fixture(name: &str) -> PathBuf {
    root().join(format!("tests/fixtures/flows/{name}.py"))
}

fn finish(name: &str, flags: &[&str]) -> Finished {
    let flow = fixture(name);
    let arguments = [&[flow.to_str().unwrap()], flags].concat();
    run(&mut waxctl_run(&arguments), b"").unwrap()
}

#[test]
fn one_process_prints_only_the_flows_output() {
    let finished = finish("finite", &[]).code(0).unwrap();
    assert_eq!(finished.stdout, "item 0\nitem 1\nitem 2\nitem 3\nitem 4\n");
}

#[test]
fn two_processes_print_with_their_own_prefixes() {
    let finished = finish("finite", &["-p", "2"]).code(0).unwrap();
    let mut items: Vec<_> = finished
        .stdout
        .lines()
        .map(|line| {
            line.strip_prefix("[0] ")
                .or_else(|| line.strip_prefix("[1] "))
                .unwrap()
        })
        // Engines also print to standard output that they wait for each other.
        .filter(|line| line.starts_with("item"))
        .collect();
    items.sort_unstable();
    assert_eq!(items, ["item 0", "item 1", "item 2", "item 3", "item 4"]);
}

#[test]
fn exception_and_step_are_the_last_output() {
    let finished = finish("raises", &["-p", "2"]).code(1).unwrap();
    let (_, last) = finished.stderr.rsplit_once("error: ").unwrap();
    let mut lines = last.lines();
    assert_eq!(lines.next(), Some("the dataflow failed with exit code 1"));
    let cause = lines.next().unwrap();
    assert!(
        cause.contains("ValueError") && cause.contains("step raises.parse_row"),
        "{cause}"
    );
}

#[test]
fn missing_bytewax_hints_at_pip_install() {
    let empty = tempfile::tempdir().unwrap();
    let flow = fixture("finite");
    let mut command = waxctl_run(&[flow.to_str().unwrap()]);
    let finished = run(command.env("PATH", empty.path()), b"")
        .unwrap()
        .code(1)
        .unwrap();
    assert!(
        finished
            .stderr
            .starts_with("error: cannot start the dataflow"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("pip install bytewax==0.21.1"),
        "{}",
        finished.stderr
    );
}

#[test]
fn closed_output_ends_the_flow_without_error() {
    let flow = root().join("examples/hello/hello.py");
    let mut command = waxctl_run(&[flow.to_str().unwrap()]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Program::start(&mut command).unwrap();
    let mut line = String::new();
    BufReader::new(program.child().stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "hello 1\n");
    let status = program.wait().unwrap();
    let mut stderr = String::new();
    program
        .child()
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}
