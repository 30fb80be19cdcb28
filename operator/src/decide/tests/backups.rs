//! Backups: when agents are polled, and the backup before a stop.

use super::super::not_in_time;
use super::*;
use crate::observed::{DesiredBackup, LastBackup};

/// Returns a running gang with backups, whose agents were last polled at this second.
pub(super) fn with_backups(polled: i64) -> Observed {
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
        observed.backups.last_polled = at(polled);
    })
}

#[rstest]
#[case::interval_not_over(with_backups(941), "None", Some(1001))]
#[case::polled_just_now(with_backups(1000), "None", Some(1060))]
#[case::without_backups(world(), "None", None)]
#[case::interval_of_5_s_becomes_30_s(
    with(with_backups(971), |observed| {
        target_goal(observed).backup = Some(DesiredBackup { interval: 5, retention: 20 });
    }),
    "None", Some(1001)
)]
#[case::probe_pod_is_deleted_first(
    with(with_backups(0), |observed| observed.probes.push(probe(OLD, ProbeOutcome::Passed))),
    "DeleteProbe flow-probe-aaaaaaaaaa", Some(60)
)]
fn next_poll_follows_backup_interval(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] requeue_at: Option<i64>,
) {
    let decision = check(&observed, operation, Ready, Reason::Running);
    assert_eq!(decision.requeue_at, requeue_at.map(at));
}

#[rstest]
#[case::interval_ended_just_now(with_backups(940))]
#[case::long_ago(with_backups(0))]
fn agents_are_polled_when_interval_ends(#[case] observed: Observed) {
    asks(&observed, Question::Backups);
}

#[test]
fn forming_gang_is_not_polled() {
    let observed = with(with_backups(0), |observed| {
        observed.pods[1].ready = false;
        observed.pods[1].ready_changed = at(995);
        observed.answers.processes = Some(vec![None; 2]);
    });
    check(&observed, "None", Reconciling, Reason::Starting);
}

/// Returns a gang that is to be stopped, with this progress of the backup before the stop.
fn stopping(last: LastBackup) -> Observed {
    with(with_backups(1000), |observed| {
        observed.suspend = true;
        observed.backups.last = last;
    })
}

#[rstest]
#[case::suspended(stopping(LastBackup::NotAsked))]
#[case::other_code(with(with_backups(1000), |observed| {
    let backup = observed.running.as_ref().unwrap().backup;
    observed.target = Target::Run(Goal { backup, ..goal(NEW, 2) });
    observed.probes.push(probe(NEW, ProbeOutcome::Passed));
}))]
#[case::backups_turned_off(with(with_backups(1000), |observed| {
    observed.target = Target::Run(goal(NEW, 2));
    observed.probes.push(probe(NEW, ProbeOutcome::Passed));
}))]
#[case::another_size(with(with_backups(1000), |observed| target_goal(observed).processes = 1))]
#[case::restarted(with(with_backups(1000), |observed| target_goal(observed).restarted_at = Some("now".to_owned())))]
#[case::under_way(stopping(LastBackup::UnderWay(at(941))))]
fn backup_precedes_stop(#[case] observed: Observed) {
    let decision = check(&observed, "BackUp", Reconciling, Reason::Stopping);
    let message = &decision.summary.message;
    assert!(
        message.starts_with("backing up the state, then stopping "),
        "{message}"
    );
    assert!(
        decision
            .requeue_at
            .is_some_and(|requeue_at| requeue_at <= at(1060))
    );
}

#[rstest]
#[case::completed(stopping(LastBackup::Settled(Ok(()))), None)]
#[case::failed(
    stopping(LastBackup::Settled(Err("no room".to_owned()))), Some("no room".to_owned())
)]
#[case::timed_out(stopping(LastBackup::UnderWay(at(940))), Some(not_in_time()))]
#[case::not_ready(
    with(stopping(LastBackup::NotAsked), |observed| observed.pods[1].ready = false), None
)]
#[case::pod_is_terminating(
    with(stopping(LastBackup::NotAsked), |observed| observed.pods[1].deleting = Some(at(1030))), None
)]
#[case::pod_is_missing(with(stopping(LastBackup::NotAsked), |observed| drop(observed.pods.pop())), None)]
#[case::pod_of_another_revision(
    with(stopping(LastBackup::NotAsked), |observed| observed.pods[1] = pod(1, NEW, 2)), None
)]
#[case::without_backups(
    with(stopping(LastBackup::NotAsked), |observed| observed.running = Some(goal(OLD, 2))), None
)]
fn stop_follows_when_no_backup_is_possible(
    #[case] observed: Observed,
    #[case] why: Option<String>,
) {
    let decision = check(&observed, "Stop", Reconciling, Reason::Stopping);
    assert_eq!(decision.not_backed_up, why);
}
