//! The end of input is completed once.

use super::*;

fn said(answers: [Option<(i64, bool)>; 2]) -> Option<Vec<Option<ProcessReport>>> {
    let answer = |(start, ended)| ProcessReport {
        start,
        ended,
        ..process_report(0, None)
    };
    Some(answers.map(|it| it.map(answer)).to_vec())
}

fn done(revision: &str) -> Option<Completed> {
    Some(Completed {
        revision: revision.to_owned(),
        restarted_at: None,
    })
}

#[test]
fn whether_all_have_ended_is_asked_first() {
    asks(
        &not_formed(|observed| observed.answers.processes = None),
        Question::Processes,
    );
}

#[rstest]
#[case::all_ended(
    not_formed(|observed| observed.answers.processes = said([Some((3, true)), Some((3, true))])),
    "Gate", Reconciling, Reason::Starting
)]
#[case::no_pod_can_start_any_more(
    not_formed(|observed| the_gang(observed).gated = true), "Complete", Ready, Reason::Completed
)]
#[case::a_pod_lost_since_the_gate_changes_nothing(
    not_formed(|observed| { the_gang(observed).gated = true; observed.pods.pop(); }), "Complete", Ready, Reason::Completed
)]
#[case::one_still_runs(
    not_formed(|observed| observed.answers.processes = said([Some((3, true)), Some((3, false))])), "None", Reconciling, Reason::Starting
)]
#[case::one_is_silent(
    not_formed(|observed| observed.answers.processes = said([Some((3, true)), None])), "None", Reconciling, Reason::Starting
)]
#[case::one_ended_in_an_earlier_start(
    not_formed(|observed| observed.answers.processes = said([Some((3, true)), Some((2, true))])), "None", Reconciling, Reason::Starting
)]
#[case::noted_so_it_stops(
    not_formed(|observed| observed.last_status.completed = done(OLD)), "Stop", Ready, Reason::Completed
)]
#[case::noted_and_stopped(
    with(stopped(), |observed| {
        observed.target = Target::Run(goal(OLD, 2)); observed.probes.clear(); observed.last_status.completed = done(OLD);
    }),
    "None", Ready, Reason::Completed
)]
#[case::keeps_its_pods_if_asked(
    not_formed(|observed| { observed.last_status.completed = done(OLD); target_goal(observed).keep_alive = true; }),
    "None", Ready, Reason::Completed
)]
#[case::another_revision_runs_again(
    with(stopped(), |observed| { observed.last_status.completed = done(OLD); observed.answers.pods = Some(Vec::new()); }),
    "Start Target update above 3", Reconciling, Reason::Starting
)]
#[case::what_was_refused_stays_refused(
    with(stopped(), |observed| {
        observed.last_status.completed = done(OLD);
        observed.probes = vec![probe(NEW, ProbeOutcome::Failed("no".into()))];
    }),
    "None", Stalled, Reason::ProbeFailed
)]
#[case::a_probe_under_way_decides_yet(
    with(stopped(), |observed| {
        observed.last_status.completed = done(OLD);
        observed.probes = vec![probe(NEW, ProbeOutcome::Pending)];
    }),
    "None", Reconciling, Reason::Probing
)]
#[case::a_probe_that_is_through_goes(
    with(stopped(), |observed| {
        observed.target = Target::Run(goal(OLD, 2)); observed.last_status.completed = done(OLD);
        observed.probes = vec![probe(OLD, ProbeOutcome::Passed)];
    }),
    "DeleteProbe flow-probe-aaaaaaaaaa", Ready, Reason::Completed
)]
fn the_end_of_input(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}
