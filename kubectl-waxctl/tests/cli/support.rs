//! Tests `support`: the bundle has everything that may be read, and no secret.
//!
//! Secrets are planted in every input. Tokens are built from parts: forges refuse a push that contains what looks like one.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use nix::sys::signal::Signal;
use process_group::Program;
use serde_json::json;

use crate::api::Api;
use crate::environment::{Environment, Finished, executable};
use crate::get::{FLOWS, cluster};

/// Every planted secret contains this text.
const CANARY: &str = "cAn4rY7xQ2";
const SHOP: &str = "/api/v1/namespaces/shop";

/// Returns a secret that a name must tell of.
fn password(number: usize) -> String {
    format!("{CANARY}w{number}Zk9")
}

/// Returns a secret with the shape of a GitHub token.
fn token(number: usize) -> String {
    let number = number.to_string();
    ["ghp", "_0123456789abcdefgh", CANARY, "w", &number].concat()
}

/// Returns a secret of the flow and of the command line in base64, behind another text.
fn in_base64() -> String {
    let encoded = |number| BASE64_STANDARD.encode(format!("x{}", password(number)));
    format!("{} {}", encoded(1), encoded(16))
}

/// Creates a cluster whose flow, pods, events, reports and logs have secrets.
fn planted() -> Api {
    let api = cluster();
    let path = format!("{FLOWS}/orders");
    let mut flow = api.at(&path);
    flow["spec"]["env"] = json!([
        {"name": "DB_PASSWORD", "value": password(1)}, {"name": "MODE", "value": "unremarkable"},
        {"name": "WAX_MODE", "value": "unremarkable"},
    ]);
    flow["metadata"]["annotations"] = json!({
        "kubectl.kubernetes.io/last-applied-configuration": password(2), "example.com/api-key": password(3),
        "example.com/applied": json!({"env": [{"name": "password", "value": password(14)}]}).to_string(),
    });
    flow["status"]["conditions"] = json!([{
        "type": "Stalled", "status": "True", "reason": "CrashLoop", "lastTransitionTime": "2026-05-01T14:00:00Z",
        "message": format!("cannot connect to postgres://ann:{}@db/shop", password(4)),
    }]);
    api.put(&path, flow);
    let pod_path = format!("{SHOP}/pods/orders-0");
    let mut pod = api.at(&pod_path);
    let env = json!([
        {"name": "TOKEN", "value": token(5)}, {"name": "WAXRUN_PROCESSES", "value": "1"},
        {"name": "WAXRUN_SECRET", "value": password(6)},
    ]);
    pod["spec"] = json!({"containers": [
        {"name": "flow", "args": ["--password", password(7)], "env": env},
        {"name": "cache", "command": ["redis-cli"], "args": ["-a", password(15)]},
    ]});
    let started = json!({"startedAt": "2026-05-01T14:00:00Z"});
    pod["status"] = json!({"containerStatuses": [{
        "name": "flow", "image": "", "imageID": "", "ready": true, "restartCount": 1,
        "state": {"running": started}, "lastState": {"terminated": {"exitCode": 1, "message": token(8)}},
    }]});
    api.put(&pod_path, pod);
    let log = format!(
        "connected with {}\nAuthorization: Bearer {}\nsent {}\n",
        password(1),
        token(9),
        in_base64()
    );
    api.put(&format!("{pod_path}/log"), log.into());
    let event = json!({
        "metadata": {"name": "e1", "namespace": "shop"}, "type": "Warning", "reason": "Failed",
        "involvedObject": {"kind": "Pod", "name": "orders-0"}, "message": format!("api_key={}", password(10)),
    });
    api.put(&format!("{SHOP}/events/e1"), event);
    let description = json!({"flow_id": "orders", "substeps": [], "note": token(11)});
    api.put(&format!("{pod_path}:3030/proxy/dataflow"), description);
    let revision = json!({
        "metadata": {"name": "orders-1", "labels": {"bytewax.io/dataflow-info": "orders"}}, "revision": 1,
        "data": {"spec": {"env": [{"name": "OLD_SECRET", "value": password(12)}]}},
    });
    let revisions = "/apis/apps/v1/namespaces/shop/controllerrevisions";
    api.put(&format!("{revisions}/orders-1"), revision);
    let version = json!({
        "major": "1", "minor": "35", "gitVersion": "v1.35.0", "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "", "goVersion": "go1.25", "compiler": "gc", "platform": "linux/amd64",
    });
    api.put("/version", version);
    let deployment = json!({
        "metadata": {"name": "wax-operator", "namespace": "shop"},
        "spec": {"selector": {}, "template": {"spec": {"containers": [{
            "name": "operator", "image": "operator:1", "env": [{"name": "WAX_AGENT_IMAGE", "value": "agent:1"}, {"name": "PROXY_PASSWORD", "value": password(13)}],
        }]}}},
    });
    api.put(
        "/apis/apps/v1/namespaces/shop/deployments/wax-operator",
        deployment,
    );
    api
}

fn support(environment: &Environment, api: &Api, args: &[&str]) -> Finished {
    let place = ["-n", "shop", "--server", api.address()];
    environment.run(&[&["support"], args, &place].concat())
}

/// Returns the files of an archive by their path below its folder.
fn unpacked(environment: &Environment, file: &str) -> BTreeMap<String, String> {
    let file = std::fs::File::open(environment.work().join(file)).unwrap();
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        let (_, path) = path.split_once('/').unwrap();
        files.insert(path.to_owned(), text);
    }
    files
}

#[test]
fn bundle_has_everything_but_planted_secrets() {
    let (environment, api) = (Environment::new(), planted());
    let token = password(16);
    let args = ["orders", "-o", "bundle.tar.gz", "--token", &token];
    let done = support(&environment, &api, &args);
    assert_eq!(done.code, 0, "{done}");
    assert!(!done.to_string().contains(CANARY), "{done}");
    let files = unpacked(&environment, "bundle.tar.gz");
    let encoded = in_base64();
    let hidden = encoded.split(' ').chain([CANARY, "unremarkable"]);
    for text in hidden {
        for (path, content) in &files {
            assert!(!path.contains(text), "{text}: {path}");
            assert!(!content.contains(text), "{text}: {path}: {content}");
        }
    }
    let paths: Vec<_> = files.keys().map(String::as_str).collect();
    insta::assert_snapshot!(paths.join("\n"));
    let shows = |path: &str, expected: &str| {
        let text = files.get(path).unwrap();
        assert!(text.contains(expected), "{path}: {text}");
    };
    shows("flows/orders/dataflow.yaml", "storeId: 0b7c4a52");
    shows(
        "flows/orders/pods.yaml",
        "name: WAXRUN_PROCESSES\n      value: \"1\"",
    );
    shows("flows/orders/agents/orders-0/store.yaml", "resumeEpoch: 90");
    shows(
        "flows/orders/logs/orders-0/flow.log",
        "connected with (hidden)",
    );
    shows("operator/shop/deployment.yaml", "value: agent:1");
    let flow = &files["flows/orders/dataflow.yaml"];
    assert!(flow.contains("WAX_MODE"), "{flow}");
}

#[test]
fn missing_permissions_are_named_and_not_fatal() {
    let (environment, api) = (Environment::new(), planted());
    for (verb, resource) in [
        ("get", "pods/log"),
        ("list", "events"),
        ("list", "controllerrevisions"),
        ("get", "pods/proxy"),
        ("get", "deployments"),
    ] {
        api.deny(verb, resource);
    }
    let done = support(&environment, &api, &["orders", "-o", "bundle.tar.gz"]);
    assert_eq!(done.code, 0, "{done}");
    let manifest = &unpacked(&environment, "bundle.tar.gz")["manifest.yaml"];
    let (_, left_out) = manifest.split_once("leftOut:").unwrap();
    assert!(
        left_out.contains("is not allowed to list `events`"),
        "{manifest}"
    );
    insta::assert_snapshot!(done);
    api.deny("get", "dataflows");
    let blind = support(&environment, &api, &["orders", "-o", "blind.tar.gz"]);
    assert_eq!(blind.code, 0, "{blind}");
    assert!(
        blind.stderr.contains("left out: dataflow orders"),
        "{blind}"
    );
}

#[test]
fn late_answers_are_named_and_not_fatal() {
    let (environment, api) = (Environment::new(), planted());
    for path in ["/version", "/events", "/statefulsets"] {
        api.ignore(path);
    }
    let done = support(&environment, &api, &["orders", "-o", "bundle.tar.gz"]);
    assert_eq!(done.code, 0, "{done}");
    let manifest = &unpacked(&environment, "bundle.tar.gz")["manifest.yaml"];
    for what in [
        "version of the cluster",
        "events of dataflow orders",
        "StatefulSet of dataflow orders",
    ] {
        let line = format!("left out: {what}: no response of the API server within 10 s");
        assert!(done.stderr.contains(&line), "{done}");
        assert!(manifest.contains(what), "{manifest}");
    }
}

#[test]
fn signal_leaves_no_archive() {
    let (environment, api) = (Environment::new(), cluster());
    api.ignore("/dataflows/orders");
    let mut command = Command::new(executable());
    command
        .args(["support", "orders", "-o", "bundle.tar.gz", "-n", "shop"])
        .args(["--server", api.address()])
        .current_dir(environment.work())
        .env_clear()
        .env("HOME", environment.root().join("home"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let program = Program::start(&mut command).unwrap();
    let is_asked = |request: &String| request.contains("/dataflows/orders");
    let begun = Instant::now();
    while !api.requests().iter().any(is_asked) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "nothing was asked"
        );
        sleep(Duration::from_millis(5));
    }
    assert!(environment.work().join("bundle.tar.gz").exists());
    let begun = Instant::now();
    program.signal(Signal::SIGINT).unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(output.status.code(), Some(130));
    assert!(!environment.work().join("bundle.tar.gz").exists());
}

#[test]
fn archive_is_named_by_flow_and_time() {
    let (environment, api) = (Environment::new(), cluster());
    let done = support(&environment, &api, &[]);
    let name = done.stdout.trim_end();
    assert!(name.starts_with("waxctl-support-shop-20"), "{done}");
    assert!(unpacked(&environment, name).contains_key("flows/orders/dataflow.yaml"));
    let piped = format!(
        "{} support orders -o - -n shop --server {} | tar tzf -",
        executable().display(),
        api.address()
    );
    let piped = environment.finish(Command::new("sh").args(["-c", &piped]));
    assert!(piped.stdout.contains("/manifest.yaml\n"), "{piped}");
}

#[test]
fn existing_file_stays_and_failure_leaves_none() {
    let (environment, api) = (Environment::new(), cluster());
    environment.write("bundle.tar.gz", "precious");
    let refused = support(&environment, &api, &["orders", "-o", "bundle.tar.gz"]);
    assert_eq!(refused.code, 2, "{refused}");
    let kept = std::fs::read_to_string(environment.work().join("bundle.tar.gz"));
    assert_eq!(kept.unwrap(), "precious");
    let unknown = support(&environment, &api, &["order", "-o", "other.tar.gz"]);
    assert_eq!(unknown.code, 1, "{unknown}");
    assert!(!environment.work().join("other.tar.gz").exists());
    let nowhere = ["support", "orders", "--server", "http://127.0.0.1:1"];
    assert_eq!(environment.run(&nowhere).code, 1);
}
