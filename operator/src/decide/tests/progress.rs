//! The delay of a stop until the gang has saved progress.

use store::resume::Resumed;

use super::action::running;
use super::recovery::{SPREAD, ledger, ready};
use super::*;
use crate::observed::LastBackup;

/// Returns a gang that formed `seconds` ago and is to be stopped; `moved` if its engines have closed an epoch.
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
#[case::no_progress(stopping(29, false), "None", Some(1001))]
#[case::not_answered(
    with(stopping(29, false), |observed| observed.answers.resumption = Resumption::Unknown), "None", Some(1001)
)]
#[case::progress(stopping(0, true), "Stop", None)]
#[case::no_progress_for_30_s(stopping(30, false), "Stop", None)]
#[case::last_pod_ready_for_29_s(
    with(stopping(30, false), |observed| observed.pods[1].ready_changed = at(971)), "None", Some(1001)
)]
#[case::backup_has_begun(
    with(stopping(0, false), |observed| observed.backups.last = LastBackup::Settled(Ok(()))), "Stop", None
)]
#[case::not_ready(with(stopping(0, false), |observed| observed.pods[1].ready = false), "Stop", None)]
#[case::pod_is_missing(with(stopping(0, false), |observed| drop(observed.pods.pop())), "Stop", None)]
fn stop_is_delayed_until_progress(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] requeue_at: Option<i64>,
) {
    let decision = check(&observed, operation, Reconciling, Reason::Stopping);
    assert_eq!(decision.requeue_at, requeue_at.map(at));
}

#[test]
fn agents_are_asked_for_progress_before_stop() {
    let observed = with(stopping(0, true), |observed| {
        observed.answers.resumption = Resumption::NotAsked;
    });
    asks(&observed, Question::Resumption);
}

#[test]
fn stateless_gang_is_stopped_at_once() {
    let observed = with(stopping(0, false), |observed| {
        observed.running.as_mut().unwrap().store = None;
    });
    check(&observed, "Stop", Reconciling, Reason::Stopping);
}
