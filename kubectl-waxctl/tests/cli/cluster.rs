//! Tests the verbs of the cluster without a cluster: they print an error with a hint and never panic.

use std::fmt::Write as _;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use process_group::Program;

use crate::environment::{Environment, executable};

/// All verbs that talk to a cluster.
const VERBS: &[&[&str]] = &[
    &["df", "list"],
    &["df", "list", "-A", "--watch"],
    &["df", "get", "hello"],
    &["df", "events", "hello"],
    &["df", "delete", "hello", "--yes"],
    &["df", "delete", "hello", "--delete-state", "--yes"],
    &["df", "logs", "hello", "-f"],
    &["df", "wait", "hello"],
    &["df", "backup", "hello"],
    &["df", "backups", "hello"],
    &["df", "deploy", "hello.py", "--name", "hello"],
    &["install"],
    &["uninstall"],
];

const KUBECONFIG: &str = "
current-context: dev
clusters:
- {name: near, cluster: {server: 'http://127.0.0.1:1'}}
contexts:
- {name: dev, context: {cluster: near}}
- {name: prod, context: {cluster: far}}
";

/// Returns the standard error of each call, without the folder of the test.
fn stderr_of(environment: &Environment, calls: &[Vec<&str>]) -> String {
    let mut text = String::new();
    for args in calls {
        let finished = environment.run(args);
        assert_eq!(finished.stdout, "", "{args:?}");
        let stderr = finished
            .stderr
            .replace(&environment.root().display().to_string(), "ROOT");
        writeln!(
            text,
            "$ waxctl {} (exit code {})\n{stderr}",
            args.join(" "),
            finished.code
        )
        .unwrap();
    }
    text
}

#[test]
fn verbs_without_kubeconfig() {
    let calls: Vec<_> = VERBS.iter().map(|args| args.to_vec()).collect();
    insta::assert_snapshot!(stderr_of(&Environment::new(), &calls));
}

#[test]
fn unreachable_server() {
    let calls: Vec<_> = VERBS
        .iter()
        .map(|args| [args, &["--server", "http://127.0.0.1:1"][..]].concat())
        .collect();
    insta::assert_snapshot!(stderr_of(&Environment::new(), &calls));
}

#[test]
fn invalid_kubeconfigs() {
    let environment = Environment::new();
    environment.write("config", KUBECONFIG);
    environment.write("broken", "clusters: [");
    let list = |flags: &[&'static str]| [&["df", "list"], flags].concat();
    let calls = [
        list(&["--kubeconfig", "config"]),
        list(&["--kubeconfig", "config", "--context", "prd"]),
        list(&["--kubeconfig", "config", "--context", "prod"]),
        list(&["--kubeconfig", "config", "--user", "ann"]),
        list(&["--kubeconfig", "config", "--request-timeout", "soon"]),
        list(&["--kubeconfig", "missing"]),
        list(&["--kubeconfig", "broken"]),
    ];
    insta::assert_snapshot!(stderr_of(&environment, &calls));
}

#[test]
fn dry_run_needs_no_cluster() {
    let environment = Environment::new();
    let finished = environment.run(&[
        "df",
        "deploy",
        "hello.py",
        "--name",
        "hello",
        "-n",
        "team",
        "--dry-run",
    ]);
    insta::assert_snapshot!(
        finished
            .to_string()
            .replace(&environment.root().display().to_string(), "ROOT")
    );
}

#[test]
fn ctrl_c_ends_request_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let mut command = Command::new(executable());
    command
        .args(["df", "list", "--server", &server])
        .env_clear()
        .stderr(Stdio::piped());
    let program = Program::start(&mut command).unwrap();
    // The first byte shows that the request was sent; no response will ever come.
    let (mut connection, _) = listener.accept().unwrap();
    connection.read_exact(&mut [0]).unwrap();
    program.interrupt().unwrap();
    let output = program.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: interrupted\n"
    );
}

#[test]
fn closed_pipe_is_no_error() {
    let mut child = Command::new(executable())
        .args(["install", "--export"])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}
