//! Tests `uninstall` against a simulated API server.

use serde_json::{Value, json};

use crate::api::Api;
use crate::environment::Environment;
use crate::get::{FLOWS, run_and_record};

/// Creates a cluster with everything that `install -n shop` applies.
pub(crate) fn installed() -> Api {
    let api = Api::start();
    let export = ["install", "-n", "shop", "--export", "-o", "json"];
    let manifests = Environment::new().run(&export);
    let manifests: Value = serde_json::from_str(&manifests.stdout).unwrap();
    for object in manifests["items"].as_array().unwrap() {
        let mut object = object.clone();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (version, name) = (
            text(&object["apiVersion"]),
            text(&object["metadata"]["name"]),
        );
        let prefix = if version.contains('/') { "apis" } else { "api" };
        let plural = text(&object["kind"]).to_lowercase() + "s";
        let place = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => format!("namespaces/{namespace}/"),
            None => String::new(),
        };
        object["metadata"]["uid"] = "u1".into();
        api.put(
            &format!("/{prefix}/{version}/{place}{plural}/{name}"),
            object,
        );
    }
    api
}

const CRD: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/dataflows.bytewax.io";

#[test]
fn uninstall_keeps_crd_flows_and_state() {
    let api = installed();
    let mut text = String::new();
    run_and_record(&api, &["uninstall"], &mut text);
    let flow = json!({"metadata": {"name": "orders", "namespace": "shop"}});
    api.put(&format!("{FLOWS}/orders"), flow);
    run_and_record(&api, &["uninstall", "--yes"], &mut text);
    run_and_record(&api, &["uninstall", "--yes", "--leave-flows"], &mut text);
    assert!(
        api.has(CRD) && api.has(&format!("{FLOWS}/orders")),
        "{text}"
    );
    run_and_record(&api, &["uninstall", "--yes", "--leave-flows"], &mut text);
    insta::assert_snapshot!(text);
}

#[test]
fn crd_goes_only_without_flows() {
    let api = installed();
    let mut text = String::new();
    let all = "/apis/bytewax.io/v1alpha1/dataflows/orders";
    api.put(
        all,
        json!({"metadata": {"name": "orders", "namespace": "shop"}}),
    );
    let with_crd = ["uninstall", "--yes", "--leave-flows", "--delete-crd"];
    run_and_record(&api, &with_crd, &mut text);
    assert!(api.has(CRD), "{text}");
    api.remove(all);
    run_and_record(&api, &[&with_crd[..], &["-o", "name"]].concat(), &mut text);
    assert!(!api.has(CRD), "{text}");
    insta::assert_snapshot!(text);
}
