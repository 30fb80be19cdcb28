//! What the spec asks for against what runs: probes, refusals, missing references.

use super::*;

#[rstest]
#[case::tries_it_first(edited(), "CreateProbe", Progressing, Reason::Probing)]
#[case::the_probe_needs_the_code(
    with(edited(), |o| target_goal(o).parts.code_config_map = Part::Absent),
    "CreateCodeConfigMap Target", Progressing, Reason::Probing
)]
#[case::waits_for_the_probe(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::Pending))),
    "Rest", Progressing, Reason::Probing
)]
#[case::the_deadline(
    with(edited(), |o| { o.probes.push(probe(NEW, ProbeOutcome::Pending)); o.now = at(1020); }),
    "Rest", Stalled, Reason::ProbeFailed
)]
#[case::it_does_not_load(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::Failed("no".into())))),
    "Rest", Stalled, Reason::ProbeFailed
)]
#[case::no_image(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::ImagePull {
        image: "x".into(), message: "gone".into(),
    }))),
    "Rest", Stalled, Reason::ImagePull
)]
#[case::no_room_yet(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::Unschedulable(at(971), "cpu".into())))),
    "Rest", Progressing, Reason::Probing
)]
#[case::no_room_for_long(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::Unschedulable(at(970), "cpu".into())))),
    "Stop", Progressing, Reason::Stopping
)]
#[case::it_loads(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::Passed))),
    "Stop", Progressing, Reason::Stopping
)]
#[case::a_probe_of_yet_another_revision(
    with(edited(), |o| o.probes.push(probe("cccccccccc", ProbeOutcome::Passed))),
    "DeleteProbe flow-probe-cccccccccc", Progressing, Reason::Probing
)]
#[case::size_needs_no_probe(
    with(world(), |o| target_goal(o).size = 3), "Stop", Progressing, Reason::Stopping
)]
#[case::restart_needs_no_probe(
    with(world(), |o| target_goal(o).restarted_at = Some("now".into())),
    "Stop", Progressing, Reason::Stopping
)]
#[case::somebody_scaled_the_stateful_set(
    with(world(), |o| the_gang(o).replicas = 3), "Stop", Progressing, Reason::Stopping
)]
fn a_change(#[case] o: Observed, #[case] step: &str, #[case] kind: Kind, #[case] reason: Reason) {
    check(&o, step, kind, reason);
}

fn missing(waiting_since: Option<i64>, o: Observed) -> Observed {
    let target = Target::Missing {
        message: "ConfigMap code does not exist".to_owned(),
        waiting_since: waiting_since.map(at),
        given_up: false,
    };
    Observed { target, ..o }
}

#[rstest]
#[case::invalid(refused(fresh()), "Rest", Stalled, Reason::InvalidSpec)]
#[case::invalid_while_one_runs(refused(world()), "Rest", Stalled, Reason::InvalidSpec)]
#[case::invalid_and_the_gang_is_gone(
    with(refused(world()), |o| {
        o.gang = Slot::Absent; o.pods.clear(); o.answers.pods = Some(Vec::new());
    }),
    "Start Running create above 3", Stalled, Reason::InvalidSpec
)]
#[case::invalid_after_a_rest(
    with(refused(world()), |o| { o.gang = Slot::Ours(gang(OLD, 2, 0)); o.pods.clear(); o.ledger.resting = true; }),
    "Rest", Stalled, Reason::InvalidSpec
)]
#[case::invalid_and_the_code_config_map_is_gone(
    with(refused(world()), |o| o.running.as_mut().unwrap().parts.code_config_map = Part::Absent),
    "CreateCodeConfigMap Running", Stalled, Reason::InvalidSpec
)]
#[case::not_supported(
    with(fresh(), |o| o.target = Target::Refused { not_supported: true, message: String::new() }),
    "Rest", Stalled, Reason::NotSupportedYet
)]
#[case::missing_just_now(
    missing(None, fresh()),
    "Rest",
    Progressing,
    Reason::WaitingForReference
)]
#[case::missing_for_29_s(
    missing(Some(971), fresh()),
    "Rest",
    Progressing,
    Reason::WaitingForReference
)]
#[case::missing_for_30_s(missing(Some(970), fresh()), "Rest", Stalled, Reason::MissingReference)]
#[case::the_code_is_lost(
    with(fresh(), |o| {
        target_goal(o).parts.code_config_map = Part::Absent; target_goal(o).parts.code_available = false;
    }),
    "Rest", Stalled, Reason::MissingReference
)]
fn a_spec_that_cannot_run(
    #[case] o: Observed,
    #[case] step: &str,
    #[case] kind: Kind,
    #[case] reason: Reason,
) {
    check(&o, step, kind, reason);
}

#[test]
fn a_spec_that_cannot_run_names_the_revision_that_runs_on() {
    let message = deed(&refused(world())).standing.message;
    assert_eq!(
        message,
        "spec.image.tag: is empty; revision aaaaaaaaaa runs on"
    );
}

#[test]
fn a_probe_without_room_is_skipped_and_says_so() {
    let o = with(edited(), |o| {
        o.probes.push(probe(
            NEW,
            ProbeOutcome::Unschedulable(at(970), "no cpu".into()),
        ));
    });
    assert_eq!(
        deed(&o).probe_skipped.as_deref(),
        Some("revision bbbbbbbbbb was not tried: no cpu")
    );
}

#[test]
fn every_step_of_the_running_revision_is_about_the_running_revision() {
    let o = with(refused(world()), |o| {
        o.running.as_mut().unwrap().parts.headless_service = Part::Absent;
    });
    assert_eq!(
        deed(&o).step,
        Step::WriteHeadlessService(Which::Running, None)
    );
}
