//! The end of input.

use super::*;

/// Returns the reports of both agents: start number, and whether the engine has ended.
fn reports(answers: [Option<(i64, bool)>; 2]) -> Option<Vec<Option<ProcessReport>>> {
    let answer = |(start, ended)| ProcessReport {
        start,
        ended,
        ..process_report(0, None)
    };
    Some(answers.map(|answered| answered.map(answer)).to_vec())
}

fn completed(revision: &str) -> Option<Completed> {
    Some(Completed {
        revision: revision.to_owned(),
        restarted_at: None,
    })
}

#[test]
fn agents_are_asked_before_gang_ends() {
    asks(
        &not_formed(|observed| observed.answers.processes = None),
        Question::Processes,
    );
}

#[rstest]
#[case::all_ended(
    not_formed(|observed| observed.answers.processes = reports([Some((3, true)), Some((3, true))])),
    "Gate", Reconciling, Reason::Starting
)]
#[case::gate_is_there(
    not_formed(|observed| the_gang(observed).gated = true), "Complete", Ready, Reason::Completed
)]
#[case::pod_lost_after_the_gate(
    not_formed(|observed| {
        the_gang(observed).gated = true; observed.pods.pop();
    }),
    "Complete", Ready, Reason::Completed
)]
#[case::one_still_runs(
    not_formed(|observed| observed.answers.processes = reports([Some((3, true)), Some((3, false))])),
    "None", Reconciling, Reason::Starting
)]
#[case::one_does_not_answer(
    not_formed(|observed| observed.answers.processes = reports([Some((3, true)), None])),
    "None", Reconciling, Reason::Starting
)]
#[case::one_ended_in_an_earlier_start(
    not_formed(|observed| observed.answers.processes = reports([Some((3, true)), Some((2, true))])),
    "None", Reconciling, Reason::Starting
)]
#[case::recorded_and_running(
    not_formed(|observed| observed.last_status.completed = completed(OLD)), "Stop", Ready, Reason::Completed
)]
#[case::recorded_and_stopped(
    with(stopped(), |observed| {
        observed.target = Target::Run(goal(OLD, 2));
        observed.probes.clear(); observed.last_status.completed = completed(OLD);
    }),
    "None", Ready, Reason::Completed
)]
#[case::keep_alive(
    not_formed(|observed| {
        observed.last_status.completed = completed(OLD); target_goal(observed).keep_alive = true;
    }),
    "None", Ready, Reason::Completed
)]
#[case::another_revision_starts(
    with(stopped(), |observed| {
        observed.last_status.completed = completed(OLD); observed.answers.pods = Some(Vec::new());
    }),
    "Start Target update above 3", Reconciling, Reason::Starting
)]
#[case::refused_revision_stays_refused(
    with(stopped(), |observed| {
        observed.last_status.completed = completed(OLD);
        observed.probes = vec![probe(NEW, ProbeOutcome::Failed("no".into()))];
    }),
    "None", Stalled, Reason::ProbeFailed
)]
#[case::probe_is_pending(
    with(stopped(), |observed| {
        observed.last_status.completed = completed(OLD);
        observed.probes = vec![probe(NEW, ProbeOutcome::Pending)];
    }),
    "None", Reconciling, Reason::Probing
)]
#[case::probe_of_ended_revision_is_deleted(
    with(stopped(), |observed| {
        observed.target = Target::Run(goal(OLD, 2)); observed.last_status.completed = completed(OLD);
        observed.probes = vec![probe(OLD, ProbeOutcome::Passed)];
    }),
    "DeleteProbe flow-probe-aaaaaaaaaa", Ready, Reason::Completed
)]
fn gang_ends_once_all_engines_have_ended(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}
