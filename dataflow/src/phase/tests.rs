use k8s_openapi::jiff::Timestamp;

use super::*;
use crate::status::{Condition, Reason, condition};

fn dataflow(generation: i64, observed: i64, conditions: Vec<Condition>) -> Dataflow {
    let mut dataflow = Dataflow::new("orders", crate::DataflowSpec::default());
    dataflow.metadata.generation = Some(generation);
    dataflow.status = Some(DataflowStatus {
        observed_generation: observed,
        conditions,
        phase: Some(Phase::Running),
        ..DataflowStatus::default()
    });
    dataflow
}

fn condition_with(kind: ConditionType, holds: bool, message: &str) -> Condition {
    condition(
        kind,
        holds,
        Reason::Running,
        message,
        1,
        Timestamp::UNIX_EPOCH,
        &[],
    )
}

#[test]
fn message_comes_from_the_most_urgent_condition() {
    let ready = condition_with(ConditionType::Ready, false, "not ready");
    let reconciling = condition_with(ConditionType::Reconciling, true, "starting");
    let stalled = condition_with(ConditionType::Stalled, true, "spec.image.tag: is empty");
    let all = vec![ready.clone(), reconciling.clone(), stalled];
    assert_eq!(message(&dataflow(1, 1, all)), "spec.image.tag: is empty");
    assert_eq!(
        message(&dataflow(1, 1, vec![ready.clone(), reconciling])),
        "starting"
    );
    assert_eq!(message(&dataflow(1, 1, vec![ready])), "not ready");
    assert_eq!(message(&dataflow(1, 1, vec![])), "orders is running");
}

#[test]
fn status_of_older_generation_is_ignored() {
    let stale = dataflow(
        2,
        1,
        vec![condition_with(
            ConditionType::Ready,
            true,
            "all processes run",
        )],
    );
    assert_eq!(phase(&stale), Phase::Pending);
    assert_eq!(
        message(&stale),
        "the operator has not processed the last change of orders yet"
    );
    let unseen = Dataflow::new("orders", crate::DataflowSpec::default());
    assert_eq!(phase(&unseen), Phase::Pending);
    assert_eq!(message(&unseen), "no operator has processed orders yet");
}

#[test]
fn failure_summary_names_pod_step_and_line() {
    let mut failure = LastFailure {
        pod: "orders-1".into(),
        reason: "UserError".into(),
        message: "ValueError: bad row".into(),
        step: Some("flow.parse".into()),
        file: Some("simple.py".into()),
        line: Some(12),
        exit_code: Some(1),
        time: None,
    };
    assert_eq!(
        failure.summary(),
        "orders-1 failed in step flow.parse (simple.py, line 12): ValueError: bad row"
    );
    failure.step = None;
    failure.line = None;
    assert_eq!(
        failure.summary(),
        "orders-1 failed (simple.py): ValueError: bad row"
    );
}
