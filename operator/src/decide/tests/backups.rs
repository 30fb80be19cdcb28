//! Copies in a bucket: when agents are asked about them.

use super::super::not_in_time;
use super::*;
use crate::observed::{DesiredBackup, LastBackup};

/// The gang runs and makes copies; its agents were last asked at this second.
pub(super) fn copying(looked: i64) -> Observed {
    with(world(), |observed| {
        let goal = Goal {
            backup: Some(DesiredBackup {
                interval: 60,
                retention: 240,
            }),
            ..goal(OLD, 2)
        };
        observed.target = Target::Run(goal.clone());
        observed.running = Some(goal);
        observed.backups.last_polled = at(looked);
    })
}

#[rstest]
#[case::in_time(copying(941), "None", Some(1001))]
#[case::asked_just_now(copying(1000), "None", Some(1060))]
#[case::without_copies(world(), "None", None)]
#[case::never_more_often(
    with(copying(971), |observed| target_goal(observed).backup = Some(DesiredBackup { interval: 5, retention: 20 })),
    "None", Some(1001)
)]
#[case::something_else_first(
    with(copying(0), |observed| observed.probes.push(probe(OLD, ProbeOutcome::Passed))),
    "DeleteProbe flow-probe-aaaaaaaaaa", Some(60)
)]
fn agents_are_asked_now_and_then(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] requeue_at: Option<i64>,
) {
    let decision = check(&observed, operation, Ready, Reason::Running);
    assert_eq!(decision.requeue_at, requeue_at.map(at));
}

#[rstest]
#[case::due(copying(940))]
#[case::long_ago(copying(0))]
fn agents_are_asked_when_it_is_time(#[case] observed: Observed) {
    asks(&observed, Question::Backups);
}

#[test]
fn a_gang_that_is_not_together_is_not_asked() {
    let observed = with(copying(0), |observed| {
        observed.pods[1].ready = false;
        observed.pods[1].ready_changed = at(995);
        observed.answers.processes = Some(vec![None; 2]);
    });
    check(&observed, "None", Reconciling, Reason::Starting);
}

/// The gang is to be stopped, and this is what has become of the copies before.
fn stopping(last: LastBackup) -> Observed {
    with(copying(1000), |observed| {
        observed.suspend = true;
        observed.backups.last = last;
    })
}

#[rstest]
#[case::suspended(stopping(LastBackup::NotAsked))]
#[case::other_code(with(copying(1000), |observed| {
    let backup = observed.running.as_ref().unwrap().backup;
    observed.target = Target::Run(Goal { backup, ..goal(NEW, 2) });
    observed.probes.push(probe(NEW, ProbeOutcome::Passed));
}))]
#[case::copies_no_more(with(copying(1000), |observed| {
    observed.target = Target::Run(goal(NEW, 2));
    observed.probes.push(probe(NEW, ProbeOutcome::Passed));
}))]
#[case::another_size(with(copying(1000), |observed| target_goal(observed).size = 1))]
#[case::restarted(with(copying(1000), |observed| target_goal(observed).restarted_at = Some("now".to_owned())))]
#[case::under_way(stopping(LastBackup::UnderWay(at(941))))]
fn state_is_copied_before_a_stop(#[case] observed: Observed) {
    let decision = check(&observed, "BackUp", Reconciling, Reason::Stopping);
    let message = &decision.summary.message;
    assert!(
        message.starts_with("copies its state, then stops "),
        "{message}"
    );
    assert!(
        decision
            .requeue_at
            .is_some_and(|requeue_at| requeue_at <= at(1060))
    );
}

#[rstest]
#[case::copied(stopping(LastBackup::Settled(Ok(()))), None)]
#[case::failed(
    stopping(LastBackup::Settled(Err("no room".to_owned()))), Some("no room".to_owned())
)]
#[case::not_in_time(stopping(LastBackup::UnderWay(at(940))), Some(not_in_time()))]
#[case::not_together(
    with(stopping(LastBackup::NotAsked), |observed| observed.pods[1].ready = false), None
)]
#[case::one_is_leaving(
    with(stopping(LastBackup::NotAsked), |observed| observed.pods[1].deleting = Some(at(1030))), None
)]
#[case::one_is_missing(with(stopping(LastBackup::NotAsked), |observed| drop(observed.pods.pop())), None)]
#[case::a_stranger(
    with(stopping(LastBackup::NotAsked), |observed| observed.pods[1] = pod(1, NEW, 2)), None
)]
#[case::without_copies(
    with(stopping(LastBackup::NotAsked), |observed| observed.running = Some(goal(OLD, 2))), None
)]
fn a_stop_waits_for_nothing_else(#[case] observed: Observed, #[case] why: Option<String>) {
    let decision = check(&observed, "Stop", Reconciling, Reason::Stopping);
    assert_eq!(decision.not_backed_up, why);
}
