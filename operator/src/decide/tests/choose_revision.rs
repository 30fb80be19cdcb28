//! The choice between desired and running revision: probes, refusals, missing references.

use super::*;

#[rstest]
#[case::probe_pod_is_created(edited(), "CreateProbe", Reconciling, Reason::Probing)]
#[case::code_config_map_is_created_first(
    with(edited(), |observed| target_goal(observed).children.code_config_map = ChildState::Absent),
    "CreateCodeConfigMap Target", Reconciling, Reason::Probing
)]
#[case::probe_is_pending(
    with(edited(), |observed| observed.probes.push(probe(NEW, ProbeOutcome::Pending))),
    "None", Reconciling, Reason::Probing
)]
#[case::probe_timed_out(
    with(edited(), |observed| { observed.probes.push(probe(NEW, ProbeOutcome::Pending)); observed.now = at(1020); }),
    "None", Stalled, Reason::ProbeFailed
)]
#[case::probe_failed(
    with(edited(), |observed| observed.probes.push(probe(NEW, ProbeOutcome::Failed("no".into())))),
    "None", Stalled, Reason::ProbeFailed
)]
#[case::no_image(
    with(edited(), |observed| observed.probes.push(probe(NEW, ProbeOutcome::ImagePull {
        image: "x".into(), message: "gone".into(),
    }))),
    "None", Stalled, Reason::ImagePull
)]
#[case::unschedulable_for_29_s(
    with(edited(), |observed| observed.probes.push(probe(NEW, ProbeOutcome::Unschedulable(at(971), "cpu".into())))),
    "None", Reconciling, Reason::Probing
)]
#[case::unschedulable_for_30_s(
    with(edited(), |observed| observed.probes.push(probe(NEW, ProbeOutcome::Unschedulable(at(970), "cpu".into())))),
    "Stop", Reconciling, Reason::Stopping
)]
#[case::probe_passed(
    with(edited(), |observed| observed.probes.push(probe(NEW, ProbeOutcome::Passed))),
    "Stop", Reconciling, Reason::Stopping
)]
#[case::probe_of_superseded_revision(
    with(edited(), |observed| observed.probes.push(probe("cccccccccc", ProbeOutcome::Passed))),
    "DeleteProbe flow-probe-cccccccccc", Reconciling, Reason::Probing
)]
#[case::size_needs_no_probe(
    with(world(), |observed| target_goal(observed).processes = 3), "Stop", Reconciling, Reason::Stopping
)]
#[case::restart_needs_no_probe(
    with(world(), |observed| target_goal(observed).restarted_at = Some("now".into())),
    "Stop", Reconciling, Reason::Stopping
)]
#[case::stateful_set_was_scaled_by_hand(
    with(world(), |observed| the_gang(observed).replicas = 3), "Stop", Reconciling, Reason::Stopping
)]
fn new_revision_is_probed_before_stop(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}

/// Returns `observed` with a spec whose ConfigMap does not exist.
fn missing(waiting_since: Option<i64>, observed: Observed) -> Observed {
    let target = Target::Missing {
        message: "ConfigMap code does not exist".to_owned(),
        waiting_since: waiting_since.map(at),
        given_up: false,
    };
    Observed { target, ..observed }
}

#[rstest]
#[case::invalid(refused(fresh()), "None", Stalled, Reason::InvalidSpec)]
#[case::invalid_and_a_gang_runs(refused(world()), "None", Stalled, Reason::InvalidSpec)]
#[case::invalid_and_gang_was_deleted(
    with(refused(world()), |observed| {
        observed.gang = Ownership::Absent; observed.pods.clear(); observed.answers.pods = Some(Vec::new());
    }),
    "Start Running create above 3", Stalled, Reason::InvalidSpec
)]
#[case::invalid_and_gang_was_suspended(
    with(refused(world()), |observed| {
        observed.gang = Ownership::Owned(gang(OLD, 2, 0)); observed.pods.clear(); observed.last_status.resting = true;
    }),
    "None", Stalled, Reason::InvalidSpec
)]
#[case::invalid_and_the_code_config_map_is_gone(
    with(refused(world()), |observed| observed.running.as_mut().unwrap().children.code_config_map = ChildState::Absent),
    "CreateCodeConfigMap Running", Stalled, Reason::InvalidSpec
)]
#[case::not_supported(
    with(fresh(), |observed| observed.target = Target::Refused { not_supported: true, message: String::new() }),
    "None", Stalled, Reason::NotSupportedYet
)]
#[case::missing_just_now(
    missing(None, fresh()),
    "None",
    Reconciling,
    Reason::WaitingForReference
)]
#[case::missing_for_29_s(
    missing(Some(971), fresh()),
    "None",
    Reconciling,
    Reason::WaitingForReference
)]
#[case::missing_for_30_s(missing(Some(970), fresh()), "None", Stalled, Reason::MissingReference)]
#[case::code_was_deleted(
    with(fresh(), |observed| {
        target_goal(observed).children.code_config_map = ChildState::Absent;
        target_goal(observed).children.code_available = false;
    }),
    "None", Stalled, Reason::MissingReference
)]
fn invalid_spec_leaves_running_revision(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}

#[test]
fn refusal_names_revision_that_keeps_running() {
    let message = decided(&refused(world())).summary.message;
    assert_eq!(
        message,
        "spec.image.tag: is empty; revision aaaaaaaaaa keeps running"
    );
}

#[test]
fn refusal_tells_that_gang_is_not_supervised() {
    let observed = with(refused(world()), |observed| observed.running = None);
    let summary = decided(&observed).summary;
    assert_eq!(summary.reason, Reason::InvalidSpec);
    assert_eq!(
        summary.message,
        "spec.image.tag: is empty; revision aaaaaaaaaa keeps running, but this operator cannot supervise it: it has no \
         record of that revision, or refuses it"
    );
}

#[test]
fn unschedulable_probe_is_skipped_with_reason() {
    let observed = with(edited(), |observed| {
        observed.probes.push(probe(
            NEW,
            ProbeOutcome::Unschedulable(at(970), "no cpu".into()),
        ));
    });
    assert_eq!(
        decided(&observed).probe_skipped.as_deref(),
        Some("revision bbbbbbbbbb was not tried: no cpu")
    );
}

#[test]
fn child_of_running_revision_names_running_revision() {
    let observed = with(refused(world()), |observed| {
        observed.running.as_mut().unwrap().children.headless_service = ChildState::Absent;
    });
    assert_eq!(
        decided(&observed).operation,
        Operation::WriteHeadlessService(RevisionRef::Running, None)
    );
}
