//! Tests `df delete` with and without `--delete-state`.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use process_group::Program;
use serde_json::{Value, json};

use crate::api::Api;
use crate::environment::{Environment, executable};
use crate::pty::Terminal;

const STORE: &str = "0b7c4a52-7a52-4d0f-9d44-000000000001";
pub(crate) const FLOW: &str = "/apis/bytewax.io/v1alpha1/namespaces/shop/dataflows/orders";
const CLAIMS: &str = "/api/v1/namespaces/shop/persistentvolumeclaims";
const POD: &str = "/api/v1/namespaces/shop/pods/orders-0";

fn flow() -> Value {
    let s3 = json!({"url": "s3://bucket/folder", "secretName": "keys"});
    json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {"name": "orders", "namespace": "shop", "uid": "f1", "generation": 1},
        "spec": {
            "image": {"repository": "bytewax/bytewax", "tag": "0.21.1-python3.11"},
            "pythonFileName": "orders.py", "processesCount": 2,
            "recovery": {"enabled": true, "cloudBackup": {"enabled": true, "s3": s3}},
        },
        "status": {
            "observedGeneration": 1, "phase": "Running",
            "processes": {"wanted": 2, "ready": 2, "summary": "2/2"},
            "recovery": {
                "formatVersion": 1, "storeId": STORE, "timeline": "1-0b7c4a52", "step": 1,
                "claims": [{"name": "recovery-orders-0", "uid": "u0"}, {"name": "recovery-orders-1", "uid": "u1"}],
            },
        },
    })
}

fn labels(component: &str) -> Value {
    json!({
        "bytewax.io/dataflow-info": "orders", "bytewax.io/component": component,
        "bytewax.io/managed-by": "wax-operator",
    })
}

/// Creates a cluster with a flow, its two recovery volumes, a volume of an older store, and a volume of a user.
pub(crate) fn cluster() -> Api {
    let api = Api::start();
    api.put(FLOW, flow());
    for (name, uid, store) in [
        ("recovery-orders-0", "u0", STORE),
        ("recovery-orders-1", "u1", STORE),
        ("recovery-orders-2", "u2", "an-older-one"),
    ] {
        let claim = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": name, "namespace": "shop", "uid": uid, "labels": labels("store"),
                "annotations": {"bytewax.io/store-id": store},
            },
            "spec": {"resources": {"requests": {"storage": "1Gi"}}},
        });
        api.put(&format!("{CLAIMS}/{name}"), claim);
    }
    let foreign =
        json!({"metadata": {"name": "recovery-orders-9", "namespace": "shop", "uid": "u9"}});
    api.put(&format!("{CLAIMS}/recovery-orders-9"), foreign);
    api
}

fn claims(api: &Api) -> Vec<u32> {
    let there = |number: &u32| api.has(&format!("{CLAIMS}/recovery-orders-{number}"));
    (0..10).filter(there).collect()
}

/// Runs `df delete orders`, and appends the command line and its output to the text.
fn delete(api: &Api, args: &[&str], text: &mut String) {
    let own = ["df", "delete", "orders"];
    let place = ["-n", "shop", "--server", api.address()];
    let finished = Environment::new().run(&[&own, args, &place].concat());
    writeln!(
        text,
        "$ waxctl df delete orders {}\n{finished}",
        args.join(" ")
    )
    .unwrap();
}

#[test]
fn delete_state_removes_volumes_after_dataflow() {
    let api = cluster();
    let mut text = String::new();
    delete(&api, &["--delete-state"], &mut text);
    assert!(api.has(FLOW) && claims(&api) == [0, 1, 2, 9], "{text}");
    delete(&api, &["--delete-state", "--yes"], &mut text);
    assert!(!api.has(FLOW) && claims(&api) == [2, 9], "{text}");
    // The Dataflow is deleted, so only the labels of the PVCs show their owner.
    delete(&api, &["--delete-state", "-y"], &mut text);
    assert_eq!(claims(&api), [9]);
    delete(&api, &["--delete-state", "-y"], &mut text);
    insta::assert_snapshot!(text);
}

#[test]
fn delete_reports_remaining_state() {
    let api = cluster();
    let mut text = String::new();
    delete(&api, &["--yes"], &mut text);
    assert_eq!(claims(&api), [0, 1, 2, 9]);
    insta::assert_snapshot!(text);
}

#[test]
fn name_that_no_object_has_is_refused_unsent() {
    let api = Api::start();
    api.put(FLOW, flow());
    for name in [
        "orders?x=1",
        "orders?dryRun=All#",
        "../dataflows/orders",
        "",
        "O O",
    ] {
        let named = |verb: &'static str| vec!["df", verb, name];
        let calls = [
            named("delete"),
            named("get"),
            named("restart"),
            named("wait"),
            named("why"),
            vec!["df", "list", "--name", name],
            vec!["df", "delete", "--name", name],
            vec!["df", "get", "orders", "-n", name],
            vec!["install", "-n", name],
        ];
        // An empty namespace is none, as in kubectl.
        let calls = calls
            .into_iter()
            .filter(|call| !(name.is_empty() && call.contains(&"-n")));
        for call in calls {
            let finished =
                Environment::new().run(&[&call[..], &["--server", api.address()]].concat());
            assert_eq!(finished.code, 2, "{call:?}: {finished}");
            assert!(finished.stderr.contains("RFC 1123"), "{call:?}: {finished}");
        }
        assert!(api.requests().is_empty(), "{name}");
    }
}

#[test]
fn delete_state_is_refused_if_managed_from_git() {
    let api = cluster();
    let mut kept = flow();
    kept["metadata"]["annotations"] =
        json!({"argocd.argoproj.io/tracking-id": "shop:bytewax.io/Dataflow:shop/orders"});
    api.put(FLOW, kept);
    let mut text = String::new();
    delete(&api, &["--delete-state", "--yes"], &mut text);
    assert!(api.has(FLOW) && claims(&api) == [0, 1, 2, 9], "{text}");
    delete(&api, &["--yes"], &mut text);
    insta::assert_snapshot!(text);
}

#[test]
fn missing_permission_stops_before_any_deletion() {
    for (verb, resource) in [
        ("delete", "persistentvolumeclaims"),
        ("list", "persistentvolumeclaims"),
        ("list", "pods"),
    ] {
        let api = cluster();
        api.deny(verb, resource);
        let mut text = String::new();
        delete(&api, &["--delete-state", "--yes"], &mut text);
        assert!(
            text.contains(&format!("user `ann` is not allowed to {verb} `{resource}`")),
            "{text}"
        );
        assert!(api.has(FLOW) && claims(&api) == [0, 1, 2, 9], "{text}");
    }
}

/// Creates a cluster with a pod that is never deleted.
fn stuck() -> Api {
    let api = cluster();
    let pod =
        json!({"metadata": {"name": "orders-0", "namespace": "shop", "labels": labels("process")}});
    api.put(POD, pod);
    api
}

#[test]
fn volumes_of_running_pods_remain() {
    let api = stuck();
    let mut text = String::new();
    delete(
        &api,
        &["--delete-state", "--yes", "--timeout", "0s"],
        &mut text,
    );
    assert_eq!(claims(&api), [0, 1, 2, 9]);
    insta::assert_snapshot!(text);
}

#[test]
fn ctrl_c_names_remaining_volumes_and_command() {
    let api = stuck();
    let args = [
        "df",
        "delete",
        "orders",
        "--delete-state",
        "--yes",
        "-n",
        "shop",
    ];
    let mut command = Command::new(executable());
    command
        .args(args)
        .args(["--server", api.address()])
        .env_clear()
        .stderr(Stdio::piped());
    let mut program = Program::start(&mut command).unwrap();
    let mut stderr = BufReader::new(program.child().stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("waiting") {
        line.clear();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended");
    }
    program.interrupt().unwrap();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(program.wait().unwrap().code(), Some(130));
    insta::assert_snapshot!(line + &rest);
}

/// Answers the question on a terminal; returns the text on the terminal and the exit code.
fn answered(api: &Api, answer: &str) -> (String, Option<i32>) {
    let mut terminal = Terminal::start(
        Command::new(executable())
            .args(["df", "delete", "orders", "--delete-state", "-n", "shop"])
            .args(["--color", "never", "--server", api.address()])
            .env_clear(),
    );
    terminal.until("[y/N] ");
    terminal.answer(answer);
    terminal.finish()
}

#[test]
fn delete_asks_on_terminal() {
    let api = cluster();
    let (seen, code) = answered(&api, "\n");
    assert_eq!(code, Some(5), "{seen}");
    assert!(api.has(FLOW) && claims(&api) == [0, 1, 2, 9], "{seen}");
    insta::assert_snapshot!(seen);
    let (seen, code) = answered(&api, "yes\n");
    assert_eq!(code, Some(0), "{seen}");
    assert!(!api.has(FLOW) && claims(&api) == [2, 9], "{seen}");
}

/// Returns what a terminal of this kind shows while the program waits, until Ctrl-C.
fn waiting_on_terminal(api: &Api, term: &str) -> String {
    let mut terminal = Terminal::start(
        Command::new(executable())
            .args(["df", "delete", "orders", "--delete-state", "--yes"])
            .args(["-n", "shop", "--server", api.address()])
            .env_clear()
            .env("TERM", term),
    );
    terminal.until("waiting");
    terminal.interrupt();
    terminal.finish().0
}

#[test]
fn dumb_terminal_gets_no_control_sequences() {
    let plain = waiting_on_terminal(&stuck(), "dumb");
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let rewritten = waiting_on_terminal(&stuck(), "xterm");
    assert!(rewritten.contains("\u{1b}[K"), "{rewritten}");
}
