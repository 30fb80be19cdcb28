//! From nothing, or from a stopped gang, to a started one.

use super::*;

#[rstest]
#[case::code_config_map(|children: &mut ChildStates| children.code_config_map = ChildState::Absent, "CreateCodeConfigMap Target")]
#[case::record(|children: &mut ChildStates| children.record = ChildState::Absent, "CreateRecord Target")]
#[case::headless(|children: &mut ChildStates| children.headless_service = ChildState::Absent, "WriteHeadlessService Target")]
#[case::api(|children: &mut ChildStates| children.api_service = ChildState::Absent, "WriteApiService Target")]
#[case::api_edited(
    |children: &mut ChildStates| children.api_service = ChildState::Drifted(version("s")), "WriteApiService Target"
)]
#[case::being_deleted(|children: &mut ChildStates| children.record = ChildState::Terminating, "None")]
fn a_missing_child_is_written_before_anything_starts(
    #[case] miss: fn(&mut ChildStates),
    #[case] operation: &str,
) {
    let observed = with(fresh(), |observed| {
        miss(&mut target_goal(observed).children)
    });
    check(&observed, operation, Reconciling, Reason::Starting);
}

#[test]
fn the_first_start_lists_then_creates_all_processes_at_once() {
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
#[case::strange_pod(|observed: &mut Observed| observed.pods = vec![Pod {
    stamp: None, controller: None, ..pod(0, OLD, 1)
}])]
fn a_name_that_somebody_else_holds_is_left_alone(#[case] take: fn(&mut Observed)) {
    check(&with(fresh(), take), "None", Stalled, Reason::NameTaken);
}

#[test]
fn the_api_server_is_asked_before_a_start() {
    asks(&stopped(), Question::Pods);
}

#[rstest]
#[case::one_write_starts_all(
    with(stopped(), |observed| observed.answers.pods = Some(Vec::new())),
    "Start Target update above 3", Reconciling, Reason::Starting
)]
#[case::a_pod_the_cache_has_forgotten(
    with(stopped(), |observed| observed.answers.pods = Some(vec![pod(1, OLD, 2)])), "None", Reconciling, Reason::Stopping
)]
#[case::the_controller_has_not_seen_it(
    with(stopped(), |observed| the_gang(observed).settled = false), "None", Reconciling, Reason::Stopping
)]
#[case::the_controller_still_counts_pods(
    with(stopped(), |observed| the_gang(observed).existing = 1), "None", Reconciling, Reason::Stopping
)]
#[case::a_pod_is_on_its_way_out(
    with(stopped(), |observed| observed.pods = vec![Pod { deleting: Some(at(995)), ..pod(0, OLD, 2) }]),
    "None", Reconciling, Reason::Stopping
)]
#[case::a_pod_outlives_its_grace_by_a_minute(
    with(stopped(), |observed| observed.pods = vec![Pod { deleting: Some(at(940)), ..pod(0, OLD, 2) }]),
    "None", Stalled, Reason::PodUnreachable
)]
#[case::pods_that_lost_their_stateful_set(
    with(stopped(), |observed| observed.pods = vec![Pod { controller: None, ..pod(0, OLD, 2) }]),
    "DeletePods 1", Reconciling, Reason::Stopping
)]
#[case::a_failed_gang_is_started_again_while_its_successor_does_not_load(
    with(stopped(), |observed| {
        observed.probes = vec![probe(NEW, ProbeOutcome::Failed("no".into()))];
        observed.answers.pods = Some(Vec::new());
    }),
    "Start Running update above 3", Stalled, Reason::ProbeFailed
)]
fn a_gang_that_has_been_stopped(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}
