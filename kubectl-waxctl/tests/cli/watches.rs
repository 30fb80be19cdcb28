//! Tests watches that break, are refused or begin again, and `df wait` with a time limit of zero.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use process_group::Program;
use serde_json::{Value, json};

use crate::api::Api;
use crate::environment::executable;
use crate::get::{FLOWS, cluster, run_and_record};

const EVENTS: &str = "/api/v1/namespaces/shop/events";

/// Starts a verb with pipes.
fn start(api: &Api, args: &[&str]) -> Program {
    let mut command = Command::new(executable());
    command
        .args(args)
        .args(["-n", "shop", "--server", api.address()])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Program::start(&mut command).unwrap()
}

fn error_event(code: u16, message: &str) -> Value {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": "InternalError", "code": code,
    });
    json!({"type": "ERROR", "object": status})
}

#[rstest::rstest]
#[case::list(&["df", "list", "-w"], FLOWS, 1)]
#[case::get(&["df", "get", "orders", "-w"], FLOWS, 1)]
#[case::events(&["df", "events", "orders", "-w"], EVENTS, 1)]
#[case::wait(&["df", "wait", "orders"], FLOWS, 1)]
#[case::logs(&["df", "logs", "orders", "-f"], FLOWS, 2)]
fn broken_watch_is_told_in_one_sentence(
    #[case] args: &[&str],
    #[case] collection: &str,
    #[case] watches: usize,
) {
    let api = cluster();
    let mut program = start(&api, args);
    api.wait_for_watches(watches);
    let message = "etcd \u{1b}[2J lost its leader, password=hunter2hunter2";
    api.send(collection, error_event(500, message));
    let mut lines = BufReader::new(program.child().stderr.take().unwrap()).lines();
    let told = loop {
        let line = lines.next().expect("it ended").unwrap();
        if line.contains("interrupted") {
            break line;
        }
    };
    program.interrupt().unwrap();
    assert!(
        told.starts_with(
            "warning: the watch was interrupted and continues: etcd ^[[2J lost its leader"
        ),
        "{told}"
    );
    assert!(
        !told.contains("hunter2hunter2") && !told.contains("Status"),
        "{told}"
    );
    assert_eq!(program.wait().unwrap().code(), Some(130));
}

#[test]
fn refused_watch_fails_with_missing_permission() {
    let api = cluster();
    api.refuse_watches(
        403,
        "Forbidden",
        "dataflows.bytewax.io is forbidden: User \"ann\" cannot watch resource \"dataflows\" in API group \
         \"bytewax.io\" in the namespace \"shop\"",
    );
    let mut text = String::new();
    run_and_record(&api, &["df", "list", "-w", "-o", "name"], &mut text);
    insta::assert_snapshot!(text);
}

/// Reads lines until one contains a text.
fn until(lines: &mut impl Iterator<Item = std::io::Result<String>>, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        text += &(lines.next().expect("it ended").unwrap() + "\n");
    }
    text
}

#[test]
fn forgotten_version_is_no_news() {
    let api = cluster();
    let mut program = start(&api, &["df", "list", "-w", "-o", "name"]);
    let mut lines = BufReader::new(program.child().stdout.take().unwrap()).lines();
    api.wait_for_watches(1);
    api.send(FLOWS, error_event(410, "too old resource version"));
    api.wait_for_watches(2);
    let new = json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {"name": "last", "namespace": "shop", "resourceVersion": "10"},
        "spec": {"image": {"tag": "1"}, "pythonFileName": "last.py"},
    });
    api.change(&format!("{FLOWS}/last"), |flow| *flow = new);
    let text = until(&mut lines, "last");
    program.interrupt().unwrap();
    let mut said = String::new();
    let mut stderr = program.child().stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(
        text,
        "dataflow.bytewax.io/orders\ndataflow.bytewax.io/last\n"
    );
    assert_eq!(said, "error: interrupted\n");
}

/// Watches one flow while it changes, is deleted and is created again, and another flow is created.
fn watched(flags: &[&str]) -> String {
    let path = format!("{FLOWS}/orders");
    let api = cluster();
    api.change(&path, |flow| {
        flow["metadata"]["resourceVersion"] = "7".into();
    });
    let mut program = start(&api, &[&["df", "get", "orders"], flags].concat());
    let mut lines = BufReader::new(program.child().stdout.take().unwrap()).lines();
    api.wait_for_watches(1);
    let mut again = api.at(&path);
    api.change(&path, |flow| {
        flow["metadata"]["resourceVersion"] = "8".into();
        flow["status"]["processes"]["ready"] = 0.into();
    });
    let mut other = again.clone();
    other["metadata"]["name"] = "other".into();
    other["metadata"]["resourceVersion"] = "9".into();
    api.change(&format!("{FLOWS}/other"), |flow| *flow = other);
    api.remove(&path);
    again["metadata"]["resourceVersion"] = "10".into();
    again["spec"]["image"]["tag"] = "last".into();
    api.change(&path, |flow| *flow = again);
    let mut text = until(&mut lines, "last");
    program.interrupt().unwrap();
    // An object that is printed twice would be here.
    text.extend(lines.map(|line| line.unwrap() + "\n"));
    assert_eq!(program.wait().unwrap().code(), Some(130));
    text
}

#[test]
fn watched_flow_has_each_state_once() {
    for (flags, expected) in [
        (&["-w"][..], &["7", "8", "8", "10"][..]),
        (&["--watch-only"], &["8", "8", "10"]),
    ] {
        let text = watched(&[flags, &["-o", "json"]].concat());
        let documents = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let documents = documents.collect::<Result<Vec<_>, _>>().unwrap();
        let versions = documents
            .iter()
            .map(|document| document["metadata"]["resourceVersion"].as_str().unwrap());
        assert_eq!(versions.collect::<Vec<_>>(), expected);
    }
    let yaml = watched(&["-w", "-o", "yaml"]);
    let documents: Vec<Value> = yaml
        .split("---\n")
        .map(|document| dataflow::yaml::from_str(document).unwrap())
        .collect();
    assert_eq!(documents.len(), 4, "{yaml}");
    let mut text = watched(&["-w"]);
    let types = "custom-columns=TYPE:.type,TAG:.object.spec.image.tag";
    text += &watched(&["-w", "-o", types, "--output-watch-events"]);
    insta::assert_snapshot!(text);
}

#[test]
fn watch_of_missing_flow_is_refused() {
    let api = cluster();
    let mut text = String::new();
    run_and_record(&api, &["df", "get", "order", "-w"], &mut text);
    run_and_record(
        &api,
        &["df", "get", "orders", "--output-watch-events"],
        &mut text,
    );
    insta::assert_snapshot!(text);
}

#[test]
fn zero_timeout_looks_once_and_claims_nothing() {
    let api = cluster();
    let mut text = String::new();
    run_and_record(&api, &["df", "wait", "orders", "--timeout", "0"], &mut text);
    let new = json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {"name": "new", "namespace": "shop", "generation": 1},
        "spec": {"image": {"tag": "1"}, "pythonFileName": "new.py"},
    });
    api.put(&format!("{FLOWS}/new"), new);
    run_and_record(&api, &["df", "wait", "new", "--timeout=0s"], &mut text);
    let mut ready = api.at(&format!("{FLOWS}/orders"));
    ready["spec"]["recovery"] = Value::Null;
    ready["status"]["conditions"] = json!([{
        "type": "Ready", "status": "True", "reason": "Running", "message": "1 process runs",
        "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z",
    }]);
    api.put(&format!("{FLOWS}/orders"), ready);
    run_and_record(&api, &["df", "wait", "orders", "--timeout", "0"], &mut text);
    let watched = api
        .requests()
        .iter()
        .any(|line| line.contains("watch=true"));
    assert!(!watched, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn interruption_is_told_once_until_it_ends() {
    let api = cluster();
    let mut program = start(&api, &["df", "list", "-w", "-o", "name"]);
    let mut lines = BufReader::new(program.child().stdout.take().unwrap()).lines();
    api.wait_for_watches(1);
    for _ in 0..2 {
        api.send(FLOWS, error_event(500, "etcd lost its leader"));
    }
    let path = format!("{FLOWS}/orders");
    api.change(&path, |flow| {
        flow["metadata"]["resourceVersion"] = "8".into();
    });
    until(&mut lines, "orders");
    until(&mut lines, "orders");
    program.interrupt().unwrap();
    let mut said = String::new();
    let mut stderr = program.child().stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(
        said.matches("interrupted and continues").count(),
        1,
        "{said}"
    );
}

#[test]
fn wait_ends_in_time_without_an_answer() {
    // The system accepts the connection, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let wait = [
        "df",
        "wait",
        "orders",
        "--timeout",
        "1s",
        "-n",
        "shop",
        "--server",
        &server,
    ];
    let output = Command::new(executable())
        .args(wait)
        .env_clear()
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("the cluster did not answer within 1"),
        "{said}"
    );
}
