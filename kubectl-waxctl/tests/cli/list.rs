//! Tests `df list -o wide` with the reports of the processes, read through the API server.

use serde_json::json;

use crate::get::{cluster, run_and_record};

#[test]
fn wide_list_shows_process_reports() {
    let api = cluster();
    let stateless = json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {"name": "plain", "namespace": "shop"},
        "spec": {"image": {"tag": "0.21.1-python3.11"}, "pythonFileName": "plain.py"},
    });
    api.put(
        "/apis/bytewax.io/v1alpha1/namespaces/shop/dataflows/plain",
        stateless,
    );
    let mut text = String::new();
    run_and_record(&api, &["df", "list", "-o", "wide"], &mut text);
    api.deny("get", "pods/proxy");
    run_and_record(&api, &["df", "list", "-o", "wide"], &mut text);
    api.deny("list", "pods");
    run_and_record(&api, &["df", "list", "-o", "wide"], &mut text);
    run_and_record(&api, &["df", "list"], &mut text);
    insta::assert_snapshot!(text);
}
