//! From nothing, or from a stopped gang, to a started one.

use super::*;

#[rstest]
#[case::code_config_map(|parts: &mut Parts| parts.code_config_map = Part::Absent, "CreateCodeConfigMap Target")]
#[case::record(|parts: &mut Parts| parts.record = Part::Absent, "CreateRecord Target")]
#[case::headless(|parts: &mut Parts| parts.headless_service = Part::Absent, "WriteHeadlessService Target")]
#[case::api(|parts: &mut Parts| parts.api_service = Part::Absent, "WriteApiService Target")]
#[case::api_edited(
    |parts: &mut Parts| parts.api_service = Part::Drifted(version("s")), "WriteApiService Target"
)]
#[case::being_deleted(|parts: &mut Parts| parts.record = Part::Leaving, "Rest")]
fn a_missing_child_is_written_before_anything_starts(
    #[case] miss: fn(&mut Parts),
    #[case] step: &str,
) {
    let o = with(fresh(), |o| miss(&mut target_goal(o).parts));
    check(&o, step, Progressing, Reason::Starting);
}

#[test]
fn the_first_start_lists_then_creates_all_processes_at_once() {
    asks(&fresh(), Question::Pods);
    let listed = with(fresh(), |o| o.answers.pods = Some(Vec::new()));
    check(
        &listed,
        "Start Target create above 0",
        Progressing,
        Reason::Starting,
    );
}

#[rstest]
#[case::headless(|o: &mut Observed| {
    target_goal(o).parts.headless_service = Part::Taken("Service flow".into());
})]
#[case::stateful_set(|o: &mut Observed| o.gang = Slot::Taken("StatefulSet flow".into()))]
#[case::strange_pod(|o: &mut Observed| o.pods = vec![Pod {
    stamp: None, controller: None, ..pod(0, OLD, 1)
}])]
fn a_name_that_somebody_else_holds_is_left_alone(#[case] take: fn(&mut Observed)) {
    check(&with(fresh(), take), "Rest", Stalled, Reason::NameTaken);
}

#[test]
fn the_api_server_is_asked_before_a_start() {
    asks(&stopped(), Question::Pods);
}

#[rstest]
#[case::one_write_starts_all(
    with(stopped(), |o| o.answers.pods = Some(Vec::new())),
    "Start Target update above 3", Progressing, Reason::Starting
)]
#[case::a_pod_the_cache_has_forgotten(
    with(stopped(), |o| o.answers.pods = Some(vec![pod(1, OLD, 2)])), "Rest", Progressing, Reason::Stopping
)]
#[case::the_controller_has_not_seen_it(
    with(stopped(), |o| the_gang(o).settled = false), "Rest", Progressing, Reason::Stopping
)]
#[case::the_controller_still_counts_pods(
    with(stopped(), |o| the_gang(o).existing = 1), "Rest", Progressing, Reason::Stopping
)]
#[case::a_pod_is_on_its_way_out(
    with(stopped(), |o| o.pods = vec![Pod { deleting: Some(at(995)), ..pod(0, OLD, 2) }]),
    "Rest", Progressing, Reason::Stopping
)]
#[case::a_pod_outlives_its_grace_by_a_minute(
    with(stopped(), |o| o.pods = vec![Pod { deleting: Some(at(940)), ..pod(0, OLD, 2) }]),
    "Rest", Stalled, Reason::PodUnreachable
)]
#[case::pods_that_lost_their_stateful_set(
    with(stopped(), |o| o.pods = vec![Pod { controller: None, ..pod(0, OLD, 2) }]),
    "DeletePods 1", Progressing, Reason::Stopping
)]
#[case::a_failed_gang_is_started_again_while_its_successor_does_not_load(
    with(stopped(), |o| {
        o.probes = vec![probe(NEW, ProbeOutcome::Failed("no".into()))];
        o.answers.pods = Some(Vec::new());
    }),
    "Start Running update above 3", Stalled, Reason::ProbeFailed
)]
fn a_gang_that_has_been_stopped(
    #[case] o: Observed,
    #[case] step: &str,
    #[case] kind: Kind,
    #[case] reason: Reason,
) {
    check(&o, step, kind, reason);
}
