//! Tests `df logs -f` while pods are replaced, until Ctrl-C, the end of the reader, or the deletion of the flow.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use process_group::Program;
use serde_json::{Value, json};
use wax_tests::TestNamespace;
use wax_tests::conversation::Conversation;

use super::{assert_says, df, hello};

fn follow(ns: &TestNamespace, name: &str, more: &[&str]) -> std::process::Command {
    let arguments = [&["df", "logs", name, "-f", "-n", &ns.name], more].concat();
    ns.waxctl_command(ns.folder(), &arguments).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn follow_finds_new_pods_and_ends_on_request() {
    let ns = TestNamespace::new("following").await.unwrap();
    ns.start_flow("orders", &hello(), &json!({"processesCount": 2}))
        .unwrap();
    // The command starts before there is a pod, and waits for it.
    let mut log = Conversation::start(&mut follow(&ns, "orders", &[])).unwrap();
    let first = |line: &str| line == "[orders-0] hello 1" || line == "[orders-1] hello 1";
    log.line("the first line", first).unwrap();

    ns.kubectl(&["delete", "pod", "orders-0", "orders-1", "--wait=true"])
        .unwrap()
        .ok()
        .unwrap();
    log.line("the first line of the new pods", first).unwrap();
    let ended = log.interrupt().unwrap().code(130).unwrap();
    assert_eq!(besides_the_watch(&ended.stderr), ["error: interrupted"]);

    closed_output_ends_following(&ns);

    let mut log = Conversation::start(&mut follow(&ns, "orders", &["--tail", "0"])).unwrap();
    log.line("a new line", |line| line.contains("hello"))
        .unwrap();
    df(&ns, &["delete", "orders", "--yes"]).ok().unwrap();
    let ended = log.finish().unwrap().code(0).unwrap();
    assert_says(&ended.stderr, "Dataflow `orders` was deleted.");
}

#[tokio::test(flavor = "multi_thread")]
async fn watched_flow_has_one_document_per_state() {
    let ns = TestNamespace::new("watched").await.unwrap();
    ns.start_flow("orders", &hello(), &json!({})).unwrap();
    ns.ready("orders").await.unwrap();
    let watch = [
        "df", "get", "orders", "--watch", "-o", "json", "-n", &ns.name,
    ];
    let mut watch = ns.waxctl_command(ns.folder(), &watch).unwrap();
    let mut watching = Conversation::start(&mut watch).unwrap();
    let end = |line: &str| line == "}";
    watching.line("the present state", end).unwrap();
    df(&ns, &["suspend", "orders"]).code(0).unwrap();
    watching
        .line("the change", |line| line.contains("\"suspend\": true"))
        .unwrap();
    watching.line("the end of its document", end).unwrap();
    let ended = watching.interrupt().unwrap().code(130).unwrap();
    let documents = serde_json::Deserializer::from_str(&ended.stdout).into_iter::<Value>();
    let versions: Vec<String> = documents
        .map(|document| document.unwrap()["metadata"]["resourceVersion"].to_string())
        .collect();
    let different: BTreeSet<&String> = versions.iter().collect();
    assert_eq!(different.len(), versions.len(), "{versions:?}");
}

fn closed_output_ends_following(ns: &TestNamespace) {
    let mut command = follow(ns, "orders", &[]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut following = Program::start(&mut command).unwrap();
    let mut line = String::new();
    BufReader::new(following.child().stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    // The first line may come from the engine, while it waits for its peer.
    assert_says(&line, "[orders-");
    let status = following.wait().unwrap();
    let mut stderr = String::new();
    let mut said = following.child().stderr.take().unwrap();
    said.read_to_string(&mut stderr).unwrap();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(besides_the_watch(&stderr).is_empty(), "{stderr}");
}

/// Returns the lines of `said`, except warnings about watches that the API server has ended. These warnings are right.
fn besides_the_watch(said: &str) -> Vec<&str> {
    let continues = "warning: the watch was interrupted and continues: ";
    let lines = said.lines();
    lines.filter(|line| !line.starts_with(continues)).collect()
}
