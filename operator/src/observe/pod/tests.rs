//! Pods as read from the API. The pod statuses were written by a real kubelet.

use rstest::rstest;
use serde_json::{Value, json};

use super::*;

fn pod(status: &Value) -> ApiPod {
    serde_json::from_value(json!({
        "metadata": {
            "name": "flow-1", "uid": "u", "resourceVersion": "5",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {
                "bytewax.io/revision": "aaaaaaaaaa", "bytewax.io/processes": "2",
                "bytewax.io/start": "4",
            },
            "annotations": { "bytewax.io/restarted-at": "noon" },
        },
        "status": status,
    }))
    .unwrap()
}

fn container(state: &Value, last: &Value, restarts: i32) -> Value {
    json!({ "containerStatuses": [{
        "name": "process", "image": "bytewax/bytewax:x", "imageID": "", "ready": false,
        "restartCount": restarts, "state": state, "lastState": last,
    }]})
}

const REPORT: &str = r#"{"v":1,"kind":"UserError","exception":"ValueError: bad\n row","step":"flow.parse","file":"flow.py","line":7,"exitCode":1}"#;

#[test]
fn stamp_is_read_from_labels_and_annotation() {
    let stamp = process(&pod(&json!({}))).stamp.unwrap();
    assert_eq!(
        (stamp.revision.as_str(), stamp.processes, stamp.start),
        ("aaaaaaaaaa", 2, 4)
    );
    assert_eq!(stamp.restarted_at.as_deref(), Some("noon"));
}

#[rstest]
#[case::nothing_yet(json!({}), ProcessState::Pending)]
#[case::creating(
    container(&json!({"waiting": {"reason": "PodInitializing"}}), &json!({}), 0), ProcessState::Pending
)]
#[case::runs(
    container(&json!({"running": {"startedAt": "1970-01-01T00:01:00Z"}}), &json!({}), 0),
    ProcessState::Running(Timestamp::from_second(60).unwrap())
)]
#[case::waits_to_run_again(
    container(
        &json!({"waiting": {"reason": "CrashLoopBackOff"}}),
        &json!({"terminated": {"exitCode": 1}}), 1
    ),
    ProcessState::Terminated
)]
#[case::no_image(
    container(&json!({"waiting": {"reason": "ErrImagePull", "message": "no such host"}}), &json!({}), 0),
    ProcessState::ImagePull { image: "bytewax/bytewax:x".into(), message: "no such host".into() }
)]
#[case::no_image_again(
    container(&json!({"waiting": {"reason": "ImagePullBackOff",
        "message": "Back-off pulling image \"x\": ErrImagePull: no such host"}}), &json!({}), 0),
    ProcessState::ImagePull { image: "bytewax/bytewax:x".into(), message: "no such host".into() }
)]
#[case::no_image_of_the_agent(
    json!({"initContainerStatuses": [{
        "name": "install", "image": "agent:x", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "ErrImagePull", "message": "no such host"}},
    }]}),
    ProcessState::ImagePull { image: "agent:x".into(), message: "no such host".into() }
)]
#[case::no_secret(
    container(&json!({"waiting": {"reason": "CreateContainerConfigError",
        "message": "secret \"x\" not found"}}), &json!({}), 0),
    ProcessState::Refused("secret \"x\" not found".into())
)]
fn container_status_becomes_process_state(#[case] status: Value, #[case] state: ProcessState) {
    assert_eq!(process(&pod(&status)).state, state);
}

#[rstest]
#[case::reported(1, "Error", REPORT, "UserError", "ValueError: bad row")]
#[case::killed(137, "Error", "", "Error", "it was killed by signal 9 (exit code 137)")]
#[case::out_of_memory(
    137,
    "OOMKilled",
    "",
    "OOMKilled",
    "it exceeded its memory limit (exit code 137)"
)]
#[case::unknown_words(3, "Error", "Traceback", "Error", "it exited with code 3")]
#[case::newer_report(3, "Error", r#"{"v":2,"kind":"X"}"#, "Error", "it exited with code 3")]
fn termination_has_cause_and_message(
    #[case] code: i32,
    #[case] kubelet: &str,
    #[case] words: &str,
    #[case] reason: &str,
    #[case] message: &str,
) {
    let end = json!({"terminated": {"exitCode": code, "reason": kubelet, "message": words,
        "finishedAt": "1970-01-01T00:01:00Z"}});
    let termination = process(&pod(&container(&json!({"waiting": {}}), &end, 1)))
        .termination
        .unwrap();
    assert_eq!(
        (termination.cause.as_str(), termination.message.as_str()),
        (reason, message)
    );
    assert_eq!(
        (termination.exit_code, termination.at),
        (code, Timestamp::from_second(60).unwrap())
    );
}

#[rstest]
#[case::starting(json!({"phase": "Pending"}), ProbeOutcome::Pending)]
#[case::passed(json!({"phase": "Succeeded"}), ProbeOutcome::Passed)]
#[case::failed(
    json!({"phase": "Failed", "containerStatuses": [{
        "name": "probe", "image": "", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"terminated": {"exitCode": 1, "message": REPORT}},
    }]}),
    ProbeOutcome::Failed("ValueError: bad row (step flow.parse, flow.py:7)".into())
)]
#[case::no_room(
    json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "no cpu", "lastTransitionTime": "1970-01-01T00:01:00Z"}]}),
    ProbeOutcome::Unschedulable(Timestamp::from_second(60).unwrap(), "no cpu".into())
)]
fn probe_pod_has_an_outcome(#[case] status: Value, #[case] outcome: ProbeOutcome) {
    assert_eq!(probe(&pod(&status)).outcome, outcome);
}

#[test]
fn failures_of_an_init_container_are_counted() {
    let status = json!({"initContainerStatuses": [
        {"name": "install", "image": "", "imageID": "", "ready": true, "restartCount": 0,
         "state": {"terminated": {"exitCode": 0}}},
        {"name": "fetch", "image": "", "imageID": "", "ready": false, "restartCount": 2,
         "state": {"waiting": {}}, "lastState": {"terminated": {"exitCode": 1, "message": "no tar"}}},
    ]});
    let failure = process(&pod(&status)).init_failure.unwrap();
    assert_eq!((failure.container.as_str(), failure.failures), ("fetch", 3));
    assert_eq!(failure.message, "no tar");
}

/// Pods that an operator of the release before has started have a sidecar called `keep`.
#[test]
fn pod_of_an_older_operator_is_read_alike() {
    let read = |sidecar: &str| {
        let mut status = container(
            &json!({"running": {"startedAt": "1970-01-01T00:01:00Z"}}),
            &json!({}),
            0,
        );
        status["conditions"] = json!([{
            "type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:09Z",
        }]);
        status["initContainerStatuses"] = json!([{
            "name": sidecar, "image": "agent", "imageID": "", "ready": true, "restartCount": 0,
            "state": {"running": {"startedAt": "1970-01-01T00:00:30Z"}},
        }]);
        process(&pod(&status))
    };
    let old = read("keep");
    assert!(old.ready && old.init_failure.is_none());
    assert_eq!(old, read("sidecar"));
}
