//! A gang that keeps state is not stopped before it has come further.

use ::store::resume::Resumed;

use super::action::running;
use super::store::{SPREAD, ledger, ready};
use super::*;
use crate::observed::LastBackup;

/// A gang that has been together for so many seconds is to be stopped; whether it has come further.
fn stopping(seconds: i64, moved: bool) -> Observed {
    with(ready(2, ledger(SPREAD, None)), |o| {
        running(o);
        for pod in &mut o.pods {
            pod.ready_changed = at(1000 - seconds);
        }
        o.answers.resumption = Resumption::Known(Resumed {
            execution: 7,
            epoch: 44,
            replayed: None,
            moved,
        });
        o.suspend = true;
    })
}

#[rstest]
#[case::not_moved(stopping(29, false), "Rest", Some(1001))]
#[case::not_answered(
    with(stopping(29, false), |o| o.answers.resumption = Resumption::Unknown), "Rest", Some(1001)
)]
#[case::moved(stopping(0, true), "Stop", None)]
#[case::not_moved_in_time(stopping(30, false), "Stop", None)]
#[case::the_last_to_come_counts(
    with(stopping(30, false), |o| o.pods[1].ready_changed = at(971)), "Rest", Some(1001)
)]
#[case::copies_have_been_begun(
    with(stopping(0, false), |o| o.backups.last = LastBackup::Settled(Ok(()))), "Stop", None
)]
#[case::not_together(with(stopping(0, false), |o| o.pods[1].ready = false), "Stop", None)]
#[case::one_is_lost(with(stopping(0, false), |o| drop(o.pods.pop())), "Stop", None)]
fn a_stop_waits_for_progress(#[case] o: Observed, #[case] step: &str, #[case] again: Option<i64>) {
    let decision = check(&o, step, Progressing, Reason::Stopping);
    assert_eq!(decision.again, again.map(at));
}

#[test]
fn whether_it_has_come_further_is_asked_first() {
    let o = with(stopping(0, true), |o| {
        o.answers.resumption = Resumption::NotAsked;
    });
    asks(&o, Question::Resumption);
}

#[test]
fn without_state_nothing_is_waited_for() {
    let o = with(stopping(0, false), |o| {
        o.running.as_mut().unwrap().store = None;
    });
    check(&o, "Stop", Progressing, Reason::Stopping);
}
