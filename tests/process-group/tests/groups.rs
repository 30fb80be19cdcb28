//! Tests that a server ends which is not a child of the test. The program between them has started it from a second
//! thread, so `/proc` does not list it among the children of the program's first thread.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use process_group::{Program, mark};

const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server.py");

fn piped(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::piped()).stdout(Stdio::piped())
}

fn start(arguments: &[&str]) -> (Program, SocketAddr) {
    let mut command = Command::new("python3");
    let mut program = Program::start(piped(command.arg(SERVER).args(arguments))).unwrap();
    let server = address(program.child().stdout.take().unwrap());
    (program, server)
}

/// Reads where the server listens.
fn address(output: ChildStdout) -> SocketAddr {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).unwrap();
    ([127, 0, 0, 1], line.trim().parse().unwrap()).into()
}

/// Whether the server answers within 100 ms.
fn answers(server: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(server).unwrap();
    let timeout = Duration::from_millis(100);
    stream.set_read_timeout(Some(timeout)).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).is_ok() && text == "here"
}

fn is_gone(server: SocketAddr) -> bool {
    TcpStream::connect(server).is_err()
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..12_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what}: not seen");
}

#[test]
fn kill_ends_all_started_processes() {
    let (mut program, server) = start(&[]);
    eventually("an answer", || answers(server));
    program.kill().unwrap();
    assert!(is_gone(server), "the server still runs");
    program.kill().unwrap();
}

#[test]
fn end_of_program_ends_all_started_processes() {
    let (mut program, server) = start(&["--ends"]);
    assert!(program.try_wait().unwrap().is_none() && !is_gone(server));
    drop(program.child().stdin.take());
    assert_eq!(program.wait().unwrap().code(), Some(7));
    assert!(is_gone(server), "the server still runs");
}

#[test]
fn frozen_program_does_not_answer_until_woken() {
    let (program, server) = start(&[]);
    program.freeze().unwrap();
    // The kernel accepts connections for a frozen server.
    assert!(!answers(server));
    program.wake().unwrap();
    eventually("an answer", || answers(server));
}

#[test]
fn programs_end_when_their_test_is_killed() {
    let mut test = Command::new(env!("CARGO_BIN_EXE_in-group"));
    let mut test = piped(test.args(["python3", SERVER])).spawn().unwrap();
    let server = address(test.stdout.take().unwrap());
    eventually("an answer", || answers(server));
    test.kill().unwrap();
    test.wait().unwrap();
    eventually("the end of the server", || is_gone(server));
}

#[test]
fn output_before_exit_is_returned() {
    let mut command = Command::new("sh");
    command.args(["-c", "echo out; echo err >&2; exit 3"]);
    let program = Program::start(piped(&mut command).stderr(Stdio::piped())).unwrap();
    let output = program.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        (&*output.stdout, &*output.stderr),
        (&b"out\n"[..], &b"err\n"[..])
    );
}

#[test]
fn start_of_missing_program_fails() {
    assert!(Program::start(&mut Command::new("/no/such/program")).is_err());
}

/// Starts a program that leaves the group, and that prints `end` if it ends by itself.
fn start_elsewhere() -> (Program, BufReader<ChildStdout>) {
    const SCRIPT: &str = "import time; print('here', flush=True); time.sleep(20); print('end')";
    let mut command = Command::new("setsid");
    command.args(["python3", "-c", SCRIPT]);
    let mut program = Program::start(piped(&mut command)).unwrap();
    let mut output = BufReader::new(program.child().stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "here\n");
    (program, output)
}

#[test]
fn program_outside_its_group_is_killed() {
    let (mut program, _output) = start_elsewhere();
    program.kill().unwrap();
    let status = program.child().wait().unwrap();
    assert_eq!(status.signal(), Some(9), "it has ended by itself");
}

#[test]
fn dropped_program_outside_its_group_is_killed() {
    let (program, mut output) = start_elsewhere();
    drop(program);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "it has ended by itself");
}

#[test]
fn run_variable_is_set_after_env_clear() {
    let mut command = Command::new("true");
    mark(command.env_clear());
    let marks: Vec<_> = command.get_envs().collect();
    let run = std::env::var_os("WAX_TEST_RUN");
    let expected = run
        .as_deref()
        .map(|run| ("WAX_TEST_RUN".as_ref(), Some(run)));
    assert_eq!(marks, Vec::from_iter(expected));
}
