//! Tests `df import`: a flow of the cluster, or a release of the original chart, becomes a folder for git.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::api::Api;
use crate::delete::{FLOW, cluster};
use crate::environment::{Environment, Finished};

const CODE: &str = "/api/v1/namespaces/shop/configmaps/old-code";

fn import(environment: &Environment, api: &Api, folder: &str) -> Finished {
    let place = ["-n", "shop", "--server", api.address()];
    environment.run(&[&["df", "import", "orders", "--into", folder][..], &place].concat())
}

/// Creates a cluster whose flow has code.
fn with_code() -> Api {
    let api = cluster();
    let mut flow = api.at(FLOW);
    flow["spec"]["configMapName"] = "old-code".into();
    api.put(FLOW, flow);
    let code = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old-code", "namespace": "shop"},
        "data": {"orders.py": "flow = None\n"},
    });
    api.put(CODE, code);
    api
}

#[test]
fn imported_folder_is_valid() {
    let (environment, api) = (Environment::new(), with_code());
    let finished = import(&environment, &api, "apps/prod/orders");
    insta::assert_snapshot!(finished);
    let valid = environment.run(&["df", "validate"]);
    assert_eq!(valid.code, 0, "{valid}");
    let again = import(&environment, &api, "apps/prod/orders");
    assert_eq!(again.code, 5, "{again}");
}

#[test]
fn import_without_code_or_with_credentials_is_refused() {
    let environment = Environment::new();
    let api = cluster();
    let mut flow = api.at(FLOW);
    flow["spec"]["configMapName"] = "old-code".into();
    api.put(FLOW, flow);
    let without_code = import(&environment, &api, "a");
    let api = with_code();
    let mut flow = api.at(FLOW);
    let s3 = &mut flow["spec"]["recovery"]["cloudBackup"]["s3"];
    *s3 = json!({"url": "s3://bucket", "accessKeyId": "an-id", "secretAccessKey": "not-printed"});
    api.put(FLOW, flow);
    let credentials = import(&environment, &api, "b");
    let text = format!("{without_code}\n{credentials}");
    assert!(!text.contains("not-printed"), "{text}");
    assert!(!environment.work().join("b").exists());
    insta::assert_snapshot!(text);
}

/// Creates a cluster without a Dataflow, in which Helm has installed three versions of a release.
fn with_release(config: &Value) -> Api {
    let api = Api::start();
    let values = json!({
        "image": {"repository": "bytewax/bytewax", "tag": "0.21.1-python3.11", "pullPolicy": "Always"},
        "configuration": {"pythonFileName": "simple.py", "processesCount": 1, "workersPerProcess": 1, "keepAlive": false},
    });
    let metadata = json!({"name": "bytewax", "version": "0.8.1"});
    for (version, status) in [(1, "superseded"), (2, "deployed"), (3, "failed")] {
        let stored = json!({
            "name": "orders", "namespace": "shop", "version": version,
            "chart": {"metadata": metadata, "values": values}, "config": config,
        });
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(stored.to_string().as_bytes()).unwrap();
        let release = STANDARD.encode(STANDARD.encode(gzip.finish().unwrap()));
        let name = format!("sh.helm.release.v1.orders.v{version}");
        let labels = json!({"owner": "helm", "name": "orders", "status": status, "version": version.to_string()});
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
            "metadata": {"name": name, "namespace": "shop", "labels": labels}, "data": {"release": release},
        });
        api.put(&format!("/api/v1/namespaces/shop/secrets/{name}"), secret);
    }
    let code = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "orders", "namespace": "shop"},
        "data": {"orders.py": "flow = None\n"},
    });
    api.put("/api/v1/namespaces/shop/configmaps/orders", code);
    api
}

fn put_stateful_set(api: &Api, replicas: u32) {
    let env = json!([
        {"name": "BYTEWAX_PYTHON_FILE_PATH", "value": "/var/bytewax/orders.py"}, {"name": "BYTEWAX_WORKERS_PER_PROCESS", "value": "1"},
        {"name": "BYTEWAX_KEEP_CONTAINER_ALIVE", "value": "false"}, {"name": "LEVEL", "value": "info"},
        {"name": "API_TOKEN", "value": "not-printed-Zk9w3"},
    ]);
    let container =
        json!({"name": "process", "image": "bytewax/bytewax:0.21.1-python3.11", "env": env});
    let set = json!({
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {"replicas": replicas, "serviceName": "orders", "selector": {}, "template": {"spec": {"containers": [container]}}},
    });
    api.put("/apis/apps/v1/namespaces/shop/statefulsets/orders", set);
}

#[test]
fn helm_release_becomes_valid_folder() {
    let config = json!({
        "configuration": {"pythonFileName": "orders.py", "processesCount": 2},
        "env": {"LEVEL": "info", "API_TOKEN": "not-printed-Zk9w3"}, "extraSecretMounts": [{"name": "certificates"}],
    });
    let (environment, api) = (Environment::new(), with_release(&config));
    put_stateful_set(&api, 2);
    let finished = import(&environment, &api, "apps/prod/orders");
    assert_eq!(finished.code, 0, "{finished}");
    let folder = environment.work().join("apps/prod/orders");
    let dataflow = std::fs::read_to_string(folder.join("dataflow.yaml")).unwrap();
    let text = format!("{finished}\n{dataflow}");
    assert!(!text.contains("not-printed"), "{text}");
    insta::assert_snapshot!(text);
    let code = std::fs::read_to_string(folder.join("orders.py")).unwrap();
    assert_eq!(code, "flow = None\n");
    let valid = environment.run(&["df", "validate"]);
    assert_eq!(valid.code, 0, "{valid}");
}

#[test]
fn release_that_cannot_be_imported_is_explained() {
    let environment = Environment::new();
    let config =
        json!({"configuration": {"pythonFileName": "orders.py"}, "env": {"LEVEL": "info"}});
    let api = with_release(&config);
    put_stateful_set(&api, 3);
    let scaled = import(&environment, &api, "a");
    let job = with_release(&json!({"configuration": {"jobMode": true}}));
    let job = import(&environment, &job, "a");
    let api = with_release(&config);
    api.deny("list", "secrets");
    let denied = import(&environment, &api, "a");
    let none = import(&environment, &Api::start(), "a");
    let text = [scaled, job, denied, none].map(|finished| finished.to_string());
    assert!(!environment.work().join("a").exists());
    insta::assert_snapshot!(text.join("\n"));
}
