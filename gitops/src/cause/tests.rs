use serde_json::{Value, json};

use k8s_openapi::api::core::v1::Pod;

use super::*;

const NOW: &str = "2026-05-01T12:00:00Z";

fn flow(changes: Value) -> Value {
    let mut flow = json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {"name": "orders", "namespace": "shop", "generation": 4},
        "spec": {"image": {"tag": "1"}, "pythonFileName": "orders.py", "processesCount": 2},
        "status": {
            "observedGeneration": 4, "phase": "Running", "start": 7, "revision": "8de3a2000f",
            "processes": {"wanted": 2, "ready": 2, "summary": "2/2"},
            "conditions": [condition("Ready", "True", "Running", "all processes are connected")],
        },
    });
    merge(&mut flow, changes);
    flow
}

/// Replaces values as a JSON merge patch (RFC 7396) does.
fn merge(value: &mut Value, changes: Value) {
    match changes {
        Value::Object(changes) => {
            for (key, change) in changes {
                merge(&mut value[key], change);
            }
        }
        change => *value = change,
    }
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": "2026-05-01T11:55:00Z",
    })
}

/// Returns the status of a Dataflow that is stalled.
fn stalled(reason: &str, message: &str) -> Value {
    json!({"status": {
        "phase": "Stalled",
        "processes": {"ready": 0},
        "conditions": [condition("Ready", "False", reason, message), condition("Stalled", "True", reason, message)],
    }})
}

fn pod(name: &str, component: &str, status: Value) -> Pod {
    let mut pod = json!({
        "metadata": {"name": name, "namespace": "shop", "labels": {"bytewax.io/component": component}},
        "spec": {"nodeName": "node-1", "containers": []},
    });
    pod["status"] = status;
    serde_json::from_value(pod).unwrap()
}

fn container(name: &str, state: Value, last: Value, restarts: i32) -> Value {
    let mut container = json!({
        "name": name, "restartCount": restarts, "ready": false, "image": "i", "imageID": "i",
    });
    container["state"] = state;
    container["lastState"] = last;
    container
}

/// Returns a pod whose first container has this state.
fn pod_with(name: &str, component: &str, phase: &str, container: Value) -> Pod {
    let mut status = json!({"phase": phase});
    status["containerStatuses"] = Value::Array(vec![container]);
    pod(name, component, status)
}

fn ready(name: &str) -> Pod {
    let main = container("process", json!({"running": {}}), json!({}), 0);
    let conditions = json!([{"type": "Ready", "status": "True"}]);
    pod(
        name,
        "process",
        json!({"phase": "Running", "conditions": conditions, "containerStatuses": [main]}),
    )
}

fn crashed(name: &str) -> Pod {
    let report = json!({
        "v": 1, "kind": "UserError", "exception": "ValueError: bad row", "step": "map_rows",
        "file": "orders.py", "line": 12, "exitCode": 1,
    });
    let end = json!({"terminated": {
        "exitCode": 1, "reason": "Error", "message": report.to_string(), "finishedAt": "2026-05-01T11:59:30Z",
    }});
    let waiting = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}});
    let main = container("process", waiting, end, 7);
    let sidecar = container("sidecar", json!({"running": {}}), json!({}), 0);
    pod(
        name,
        "process",
        json!({"phase": "Running", "initContainerStatuses": [sidecar], "containerStatuses": [main]}),
    )
}

fn text(
    flow: Value,
    controller: Option<Result<ControllerState, String>>,
    pods: Result<&[Pod], String>,
    log: &[&str],
) -> String {
    let flow = serde_json::from_value(flow).unwrap();
    let log: Vec<_> = log.iter().map(ToString::to_string).collect();
    Facts {
        dataflow: &flow,
        manager: "waxctl".to_owned(),
        controller,
        pods,
        log: &log,
        now: NOW.parse().unwrap(),
    }
    .text()
}

fn state(kind: ControllerKind, object: &Value) -> ControllerState {
    let controller = Controller {
        kind,
        namespace: "gitops".to_owned(),
        name: "apps".to_owned(),
    };
    controller.state(object)
}

fn on_pods(name: &str, changes: Value, pods: &[Pod]) -> String {
    format!("# {name}\n{}\n", text(flow(changes), None, Ok(pods), &[]))
}

#[test]
fn states_without_failure_are_shown() {
    let suspended = json!({
        "spec": {"suspend": true},
        "status": {
            "phase": "Suspended", "processes": {"wanted": 0, "ready": 0},
            "conditions": [condition("Ready", "True", "Suspended", "suspended; code and revision history are kept")],
        },
    });
    let starting = json!({"status": {
        "phase": "Starting", "processes": {"ready": 1},
        "conditions": [
            condition("Ready", "False", "Starting", "starting 2 processes"),
            condition("Reconciling", "True", "Starting", "starting 2 processes"),
        ],
    }});
    let unready = pod(
        "orders-1",
        "process",
        json!({"phase": "Running", "containerStatuses": [container("process", json!({"running": {}}), json!({}), 0)]}),
    );
    let failed_once = json!({"status": {"lastFailure": {
        "pod": "orders-0", "reason": "UserError", "message": "ValueError: bad row", "file": "orders.py", "line": 3,
        "time": "2026-05-01T10:00:00Z",
    }}});
    let cases = [
        on_pods(
            "running",
            json!({}),
            &[ready("orders-0"), ready("orders-1")],
        ),
        on_pods("running again", failed_once, &[ready("orders-0")]),
        on_pods("suspended", suspended, &[]),
        on_pods("starting", starting, &[ready("orders-0"), unready]),
        on_pods(
            "not observed",
            json!({"metadata": {"generation": 5}}),
            &[ready("orders-0")],
        ),
        on_pods("no operator", json!({"status": null}), &[]),
        on_pods(
            "terminating",
            json!({"metadata": {"deletionTimestamp": "2026-05-01T11:58:00Z", "finalizers": ["example.com/hold"]}}),
            &[],
        ),
    ];
    insta::assert_snapshot!(cases.concat());
}

fn ended(code: i32, reason: &str, message: &str) -> Value {
    json!({"terminated": {
        "exitCode": code, "reason": reason, "message": message, "finishedAt": "2026-05-01T11:59:50Z",
    }})
}

#[test]
fn failures_are_traced_to_container() {
    let killed = container(
        "process",
        json!({"running": {}}),
        ended(137, "OOMKilled", ""),
        1,
    );
    let failed = container(
        "probe",
        ended(1, "Error", "no module named x"),
        json!({}),
        0,
    );
    let waiting = json!({"waiting": {"reason": "ImagePullBackOff", "message": "not found"}});
    let verify = container("verify", ended(4, "Error", "another store"), json!({}), 3);
    let refused = json!({"phase": "Pending", "initContainerStatuses": [verify]});
    let unscheduled = json!({
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available",
    });
    let unscheduled = json!({"phase": "Pending", "conditions": [unscheduled]});
    let crash = stalled("CrashLoop", "orders-1 failed 3 times in a row");
    let process = |phase: &str, container: Value| pod_with("orders-0", "process", phase, container);
    let cases = [
        on_pods(
            "crash loop",
            crash,
            &[ready("orders-0"), crashed("orders-1")],
        ),
        on_pods("killed", json!({}), &[process("Running", killed)]),
        on_pods(
            "probe",
            stalled("ProbeFailed", "the code cannot be loaded"),
            &[
                ready("orders-0"),
                pod_with("orders-probe-1", "probe", "Failed", failed),
            ],
        ),
        on_pods(
            "image",
            stalled("ImagePull", "image x:1 cannot be pulled"),
            &[process(
                "Pending",
                container("process", waiting, json!({}), 0),
            )],
        ),
        on_pods(
            "verify",
            stalled("StoreRefused", "volume 0 holds another store"),
            &[pod("orders-0", "process", refused)],
        ),
        on_pods(
            "no node",
            stalled("Unschedulable", "no node for a store pod"),
            &[pod("orders-store-2-0", "store", unscheduled)],
        ),
    ];
    insta::assert_snapshot!(cases.concat());
}

#[test]
fn controllers_and_unknown_parts_are_shown() {
    let flux = json!({"status": {
        "lastAppliedRevision": "main@sha1:3f2a90bc",
        "conditions": [{"type": "Ready", "status": "False", "message": "kustomize build failed"}],
    }});
    let argo = json!({"status": {"sync": {"revision": "3f2a90bc"}, "operationState": {"phase": "Succeeded"}}});
    let flux = Some(Ok(state(ControllerKind::Kustomization, &flux)));
    let argo = Some(Ok(state(ControllerKind::Application, &argo)));
    let unread = Some(Err("forbidden".to_owned()));
    let texts = [
        text(flow(json!({})), flux, Ok(&[]), &[]),
        text(
            flow(json!({})),
            argo,
            Err("pods is forbidden".to_owned()),
            &[],
        ),
        text(
            flow(stalled("CrashLoop", "x")),
            unread,
            Ok(&[crashed("orders-1")]),
            &["one", "two"],
        ),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn every_reason_of_stalled_has_advice() {
    use dataflow::status::Reason;
    let reasons = [
        Reason::MissingReference,
        Reason::InvalidSpec,
        Reason::NotSupportedYet,
        Reason::ProbeFailed,
        Reason::CrashLoop,
        Reason::ImagePull,
        Reason::PodUnreachable,
        Reason::NameTaken,
        Reason::CRDTooOld,
        Reason::NotFormed,
        Reason::StoreRefused,
        Reason::DiskFull,
        Reason::StateLost,
        Reason::Unschedulable,
    ];
    for reason in reasons {
        let text = text(flow(stalled(reason.as_ref(), "m")), None, Ok(&[]), &[]);
        let (_, next) = text.split_once("Next:\n").unwrap_or_default();
        assert!(
            next.contains("waxctl") || next.contains("kubectl"),
            "{reason}: {text}"
        );
    }
}

#[test]
fn controller_is_found_by_marks() {
    let of = |metadata: Value| {
        let flow = serde_json::from_value(flow(json!({"metadata": metadata}))).unwrap();
        Controller::of(&flow).map(|controller| controller.shown())
    };
    let argo = |id: &str| json!({"annotations": {"argocd.argoproj.io/tracking-id": id}});
    assert_eq!(of(json!({})), None);
    assert_eq!(
        of(argo("apps:bytewax.io/Dataflow:shop/orders")).as_deref(),
        Some("Argo CD application argocd/apps")
    );
    assert_eq!(
        of(argo("team_apps:bytewax.io/Dataflow:shop/orders")).as_deref(),
        Some("Argo CD application team/apps")
    );
    let flux = json!({"labels": {
        "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    }});
    assert_eq!(
        of(flux).as_deref(),
        Some("Flux kustomization flux-system/apps")
    );
}
