//! Tests that writes to a cluster change only what was shown, and only what waxctl owns.

use serde_json::Value;

use crate::api::Api;
use crate::delete::{FLOW, cluster};
use crate::environment::{Environment, Finished};

fn deploy(api: &Api) -> Finished {
    let command = ["df", "deploy", "hello.py", "--name", "orders", "--yes"];
    let place = ["-n", "shop", "--server", api.address()];
    Environment::new().run(&[&command[..], &place].concat())
}

#[test]
fn deploy_is_refused_if_flow_changed_meanwhile() {
    for change in [
        |flow: &mut Value| flow["metadata"]["generation"] = 2.into(),
        |flow: &mut Value| flow["metadata"]["uid"] = "f2".into(),
    ] {
        let api = cluster();
        let before = api.at(FLOW)["spec"].clone();
        api.after_reading(change);
        let finished = deploy(&api);
        assert_eq!(api.at(FLOW)["spec"], before, "{finished}");
        let written = api
            .requests()
            .iter()
            .any(|request| request.starts_with("PATCH"));
        assert!(!written, "not even the code");
        insta::assert_snapshot!("changed-before-deploy", finished);
    }
}

#[test]
fn deploy_continues_while_operator_writes_status() {
    let api = cluster();
    api.after_reading(|flow| {
        let next = match flow["metadata"]["resourceVersion"].as_str() {
            None => "2",
            Some("2") => "3",
            _ => "4",
        };
        flow["metadata"]["resourceVersion"] = next.into();
    });
    let finished = deploy(&api);
    assert_eq!(finished.code, 0, "{finished}");
    assert_eq!(api.at(FLOW)["spec"]["pythonFileName"], "hello.py");
    let flows = api.requests();
    let writes = flows
        .iter()
        .filter(|request| request.starts_with("PATCH") && request.contains("/dataflows/"));
    assert_eq!(writes.count(), 2, "one of them was too late");
}

#[test]
fn deploy_leaves_fields_to_other_managers() {
    let api = cluster();
    api.own_fields("argocd-controller");
    let finished = deploy(&api);
    assert_eq!(finished.code, 1, "{finished}");
    insta::assert_snapshot!(finished);
}

#[test]
fn install_leaves_fields_to_other_managers() {
    let (environment, api) = (Environment::new(), cluster());
    api.put(
        "/api/v1/namespaces/shop",
        serde_json::json!({"metadata": {"name": "shop"}}),
    );
    api.own_fields("argocd-controller");
    let finished = environment.run(&["install", "-n", "shop", "--server", api.address()]);
    insta::assert_snapshot!(finished);
    let force = [
        "install",
        "-n",
        "shop",
        "--force-conflicts",
        "--timeout",
        "1s",
        "--server",
        api.address(),
    ];
    let finished = environment.run(&force);
    assert!(!finished.stderr.contains("conflict"), "{finished}");
}
