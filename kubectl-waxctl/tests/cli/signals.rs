//! Tests that Ctrl-C and SIGTERM end every kind of work within a second, with everything that was started.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use process_group::Program;

use crate::delete::cluster;
use crate::environment::{Environment, executable};
use crate::pty::Terminal;

/// Whether no process has this number, or only one that its parent has not yet asked about.
pub(crate) fn has_ended(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')')
        .is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'))
}

/// Waits until a file has a line, and returns it.
fn line_of(path: &Path) -> String {
    let begun = Instant::now();
    loop {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "nothing was started"
        );
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => sleep(Duration::from_millis(5)),
        }
    }
}

/// Starts the program in a folder, sends the signal when the file `pid` names a process, and returns exit code and
/// standard error. That process must have ended then.
fn ended_by(signal: Signal, environment: &Environment, args: &[&str], path: &str) -> (i32, String) {
    let pid = environment.work().join("pid");
    std::fs::remove_file(&pid).ok();
    let mut command = Command::new(executable());
    command
        .args(args)
        .current_dir(environment.work())
        .env_clear()
        .env("PATH", path)
        .env("HOME", environment.root().join("home"))
        .env("TMPDIR", environment.root())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let program = Program::start(&mut command).unwrap();
    let child = line_of(&pid);
    let begun = Instant::now();
    program.signal(signal).unwrap();
    let output = program.wait_with_output().unwrap();
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    assert!(has_ended(&child), "process {child} still runs");
    let code = output.status.code().unwrap_or(-1);
    (code, String::from_utf8(output.stderr).unwrap())
}

/// Returns a PATH on which a program of the folder `bin` comes first.
fn path_with(environment: &Environment) -> String {
    let own = environment.work().join("bin");
    format!("{}:{}", own.display(), std::env::var("PATH").unwrap())
}

/// A program that leaves its number, and a child that ignores signals, and never ends.
const ENDLESS: &str = "#!/bin/sh\ntrap '' INT TERM\nsh -c 'trap \"\" INT TERM; echo $$ > pid; sleep 1000 & wait; sleep 1000'\n";

#[test]
fn signal_ends_git_and_its_children() {
    let environment = Environment::new();
    let real = which("git");
    environment.write_program(
        "bin/git",
        &ENDLESS.replace(
            "trap '' INT TERM\nsh",
            &format!("case \"$*\" in *fetch*|*rev-parse*) ;; *) exec {real} \"$@\" ;; esac\nsh"),
        ),
    );
    let args = [
        "df", "commit", "hello.py", "--name", "hello", "--env", "prod",
    ];
    let path = path_with(&environment);
    for (signal, code, word) in [
        (Signal::SIGINT, 130, "interrupted"),
        (Signal::SIGTERM, 143, "terminated"),
    ] {
        let (found, stderr) = ended_by(signal, &environment, &args, &path);
        assert_eq!((found, stderr), (code, format!("error: {word}\n")));
    }
}

fn which(program: &str) -> String {
    let path = std::env::var("PATH").unwrap();
    let found = path.split(':').map(|folder| format!("{folder}/{program}"));
    found
        .into_iter()
        .find(|file| Path::new(file).exists())
        .unwrap()
}

#[test]
fn signal_ends_credential_plugin() {
    let (environment, api) = (Environment::new(), cluster());
    environment.write_program("login", ENDLESS);
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./login}}";
    environment.write_kubeconfig(&format!("{{server: '{}'}}", api.address()), user);
    let args = ["df", "list", "--kubeconfig", "config"];
    let path = std::env::var("PATH").unwrap();
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let (found, stderr) = ended_by(signal, &environment, &args, &path);
        assert_eq!(found, code, "{stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
}

/// A Python that prints what the engine prints on Ctrl-C, and then neither ends nor lets its child end.
const INTERRUPTED: &str = r#"#!/bin/sh
case $1 in -c) exit 0 ;; esac
trace() {
    echo "thread '<unnamed>' panicked at src/worker.rs:157:17:" >&2
    echo "Box<dyn Any>" >&2
    echo "note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace" >&2
    echo "Traceback (most recent call last):" >&2
    echo "KeyboardInterrupt" >&2
    echo "waxrun: interrupted" >&2
}
trap trace INT
echo $$ >PID
while :; do sleep 1000; done
"#;

#[test]
fn ctrl_c_ends_run_with_one_line() {
    let environment = Environment::new();
    let pid = environment.work().join("pid").display().to_string();
    environment.write_program("bin/python", &INTERRUPTED.replace("PID", &pid));
    let before = std::fs::read_dir(environment.root()).unwrap().count();
    let path = path_with(&environment);
    let (code, stderr) = ended_by(Signal::SIGINT, &environment, &["run", "hello.py"], &path);
    assert_eq!((code, stderr.as_str()), (130, "error: interrupted\n"));
    let after = std::fs::read_dir(environment.root()).unwrap().count();
    assert_eq!(after, before, "a folder was left behind");
}

#[test]
fn signal_ends_waiting_question() {
    let api = cluster();
    let mut terminal = Terminal::start(
        Command::new(executable())
            .args(["df", "delete", "orders", "--delete-state", "-n", "shop"])
            .args(["--color", "never", "--server", api.address()])
            .env_clear(),
    );
    terminal.until("[y/N] ");
    terminal.interrupt();
    assert_eq!(terminal.finish().1, Some(130));
}

#[test]
fn ignored_signal_of_shell_still_works() {
    // A shell without job control starts background commands with SIGINT ignored.
    let (environment, api) = (Environment::new(), cluster());
    environment.write_program("login", ENDLESS);
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./login}}";
    environment.write_kubeconfig(&format!("{{server: '{}'}}", api.address()), user);
    let script = format!(
        "{} df list --kubeconfig config & n=0; while [ ! -s pid ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done; kill -INT $!; wait $!; exit $?",
        executable().display()
    );
    let finished = environment.finish(Command::new("sh").args(["-c", &script]));
    assert_eq!(finished.code, 130, "{finished}");
}
