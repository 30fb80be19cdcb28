//! Tests `df why`: the chain from git to a container, read from an API server.

use serde_json::{Value, json};

use crate::api::Api;
use crate::environment::Environment;
use crate::get::cluster;

const FLOW: &str = "/apis/bytewax.io/v1alpha1/namespaces/shop/dataflows/orders";
const POD: &str = "/api/v1/namespaces/shop/pods/orders-0";
const KUSTOMIZATION: &str =
    "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/apps";

fn why(api: &Api) -> String {
    let args = [
        "df",
        "why",
        "orders",
        "-n",
        "shop",
        "--server",
        api.address(),
    ];
    let finished = Environment::new().run(&args);
    // Ages depend on the time of the run.
    let text = finished.to_string();
    let lines = text.lines().map(|line| match line.split_once(" for ") {
        Some((before, after)) => {
            let (_, rest) = after.split_once(':').unwrap_or_default();
            format!("{before} for AGE:{rest}\n")
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// Lets the process of the flow fail repeatedly.
fn crash(api: &Api) {
    let mut flow = api.at(FLOW);
    let condition = |kind: &str, status: &str| {
        json!({
            "type": kind, "status": status, "reason": "CrashLoop", "message": "orders-0 failed 3 times in a row",
            "lastTransitionTime": "2026-05-01T11:55:00Z",
        })
    };
    flow["status"]["phase"] = "Stalled".into();
    flow["status"]["processes"] = json!({"wanted": 1, "ready": 0, "summary": "0/1"});
    flow["status"]["conditions"] =
        json!([condition("Ready", "False"), condition("Stalled", "True")]);
    flow["metadata"]["labels"] = json!({
        "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    });
    api.put(FLOW, flow);
    let mut pod = api.at(POD);
    let report =
        json!({"v": 1, "kind": "UserError", "exception": "ValueError: bad row", "exitCode": 1});
    pod["status"] = json!({"phase": "Running", "containerStatuses": [{
        "name": "process", "image": "i", "imageID": "i", "ready": false, "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": report.to_string()}},
    }]});
    api.put(POD, pod);
    api.put(
        &format!("{POD}/log"),
        Value::String("ValueError: bad row".to_owned()),
    );
}

#[test]
fn crash_is_explained_from_git_to_exception() {
    let api = cluster();
    crash(&api);
    let without_controller = why(&api);
    api.put(
        KUSTOMIZATION,
        json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "apps", "namespace": "flux-system"},
            "status": {"lastAppliedRevision": "main@sha1:3f2a90bc"},
        }),
    );
    insta::assert_snapshot!(format!("{without_controller}\n{}", why(&api)));
}

#[test]
fn chain_is_shown_without_permission_for_pods() {
    let api = cluster();
    api.deny("list", "pods");
    insta::assert_snapshot!(why(&api));
}
