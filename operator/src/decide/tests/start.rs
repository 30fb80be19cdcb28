//! The start of a gang, the first one or after a stop.

use super::*;

#[rstest]
#[case::code_config_map(
    |children: &mut ChildStates| children.code_config_map = ChildState::Absent, "CreateCodeConfigMap Target"
)]
#[case::record(|children: &mut ChildStates| children.record = ChildState::Absent, "CreateRecord Target")]
#[case::headless(
    |children: &mut ChildStates| children.headless_service = ChildState::Absent, "WriteHeadlessService Target"
)]
#[case::api(|children: &mut ChildStates| children.api_service = ChildState::Absent, "WriteApiService Target")]
#[case::api_edited(
    |children: &mut ChildStates| children.api_service = ChildState::Drifted(version("s")), "WriteApiService Target"
)]
#[case::being_deleted(|children: &mut ChildStates| children.record = ChildState::Terminating, "None")]
fn missing_child_is_created_before_start(
    #[case] miss: fn(&mut ChildStates),
    #[case] operation: &str,
) {
    let observed = with(fresh(), |observed| {
        miss(&mut target_goal(observed).children);
    });
    check(&observed, operation, Reconciling, Reason::Starting);
}

#[test]
fn first_start_lists_pods_then_creates_gang() {
    asks(&fresh(), Question::Pods);
    let listed = with(fresh(), |observed| observed.answers.pods = Some(Vec::new()));
    check(
        &listed,
        "Start Target create above 0",
        Reconciling,
        Reason::Starting,
    );
}

#[rstest]
#[case::headless(|observed: &mut Observed| {
    target_goal(observed).children.headless_service = ChildState::Foreign("Service flow".into());
})]
#[case::stateful_set(|observed: &mut Observed| observed.gang = Ownership::Foreign("StatefulSet flow".into()))]
#[case::pod_without_stamp(|observed: &mut Observed| observed.pods = vec![Pod {
    stamp: None, controller: None, ..pod(0, OLD, 1)
}])]
fn foreign_object_is_left_alone(#[case] take: fn(&mut Observed)) {
    check(&with(fresh(), take), "None", Stalled, Reason::NameTaken);
}

#[test]
fn stopped_gang_lists_pods_before_start() {
    asks(&stopped(), Question::Pods);
}

#[rstest]
#[case::no_pod_is_left(
    with(stopped(), |observed| observed.answers.pods = Some(Vec::new())),
    "Start Target update above 3", Reconciling, Reason::Starting
)]
#[case::pod_missing_in_the_cache(
    with(stopped(), |observed| observed.answers.pods = Some(vec![pod(1, OLD, 2)])),
    "None", Reconciling, Reason::Stopping
)]
#[case::controller_lags_behind(
    with(stopped(), |observed| the_gang(observed).settled = false), "None", Reconciling, Reason::Stopping
)]
#[case::controller_still_counts_a_pod(
    with(stopped(), |observed| the_gang(observed).existing = 1), "None", Reconciling, Reason::Stopping
)]
#[case::pod_is_terminating(
    with(stopped(), |observed| observed.pods = vec![Pod { deleting: Some(at(995)), ..pod(0, OLD, 2) }]),
    "None", Reconciling, Reason::Stopping
)]
#[case::pod_is_60_s_past_its_grace_period(
    with(stopped(), |observed| observed.pods = vec![Pod { deleting: Some(at(940)), ..pod(0, OLD, 2) }]),
    "None", Stalled, Reason::PodUnreachable
)]
#[case::pod_without_controller(
    with(stopped(), |observed| observed.pods = vec![Pod { controller: None, ..pod(0, OLD, 2) }]),
    "DeletePods 1", Reconciling, Reason::Stopping
)]
#[case::desired_revision_does_not_load(
    with(stopped(), |observed| {
        observed.probes = vec![probe(NEW, ProbeOutcome::Failed("no".into()))];
        observed.answers.pods = Some(Vec::new());
    }),
    "Start Running update above 3", Stalled, Reason::ProbeFailed
)]
fn stopped_gang_starts_once_no_pod_is_left(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}
