//! Tests `df import`: a flow of the cluster becomes a folder for git.

use serde_json::json;

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
