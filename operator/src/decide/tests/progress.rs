//! A gang that keeps state is not stopped before it has come further.

use store::resume::Resumed;

use super::action::running;
use super::recovery::{SPREAD, ledger, ready};
use super::*;
use crate::observed::LastBackup;

/// A gang that has been together for so many seconds is to be stopped; whether it has come further.
fn stopping(seconds: i64, moved: bool) -> Observed {
    with(ready(2, ledger(SPREAD, None)), |observed| {
        running(observed);
        for pod in &mut observed.pods {
            pod.ready_changed = at(1000 - seconds);
        }
        observed.answers.resumption = Resumption::Known(Resumed {
            execution: 7,
            epoch: 44,
            replayed: None,
            moved,
        });
        observed.suspend = true;
    })
}

#[rstest]
#[case::not_moved(stopping(29, false), "None", Some(1001))]
#[case::not_answered(
    with(stopping(29, false), |observed| observed.answers.resumption = Resumption::Unknown), "None", Some(1001)
)]
#[case::moved(stopping(0, true), "Stop", None)]
#[case::not_moved_in_time(stopping(30, false), "Stop", None)]
#[case::the_last_to_come_counts(
    with(stopping(30, false), |observed| observed.pods[1].ready_changed = at(971)), "None", Some(1001)
)]
#[case::copies_have_been_begun(
    with(stopping(0, false), |observed| observed.backups.last = LastBackup::Settled(Ok(()))), "Stop", None
)]
#[case::not_together(with(stopping(0, false), |observed| observed.pods[1].ready = false), "Stop", None)]
#[case::one_is_lost(with(stopping(0, false), |observed| drop(observed.pods.pop())), "Stop", None)]
fn a_stop_waits_for_progress(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] requeue_at: Option<i64>,
) {
    let decision = check(&observed, operation, Reconciling, Reason::Stopping);
    assert_eq!(decision.requeue_at, requeue_at.map(at));
}

#[test]
fn whether_it_has_come_further_is_asked_first() {
    let observed = with(stopping(0, true), |observed| {
        observed.answers.resumption = Resumption::NotAsked;
    });
    asks(&observed, Question::Resumption);
}

#[test]
fn without_state_nothing_is_waited_for() {
    let observed = with(stopping(0, false), |observed| {
        observed.running.as_mut().unwrap().store = None;
    });
    check(&observed, "Stop", Reconciling, Reason::Stopping);
}
