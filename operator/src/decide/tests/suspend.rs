//! A suspended Dataflow.

use dataflow::status::StoreChangeKind;
use dataflow::suspension::TimedSuspension;

use super::recovery::{SPREAD, ledger, ready, store_pod};
use super::*;
use crate::decide::timeouts::after;
use crate::observed::StoreProgress;

/// Returns a suspended Dataflow with a store pod.
fn suspended(pending: Option<(StoreChangeKind, &[u32])>) -> Observed {
    with(ready(2, ledger(SPREAD, pending)), |observed| {
        observed.suspend = true;
        observed.store.pods = vec![store_pod(1, 0, StoreProgress::Working)];
    })
}

#[rstest]
#[case::gang_is_stopped(with(world(), |observed| observed.suspend = true), "Stop", Reconciling, Reason::Stopping)]
#[case::pod_is_left(
    with(stopped(), |observed| {
        observed.suspend = true; observed.probes.clear(); observed.pods = vec![pod(0, OLD, 2)];
    }),
    "None", Reconciling, Reason::Stopping
)]
#[case::no_pod_is_left(
    with(stopped(), |observed| {
        observed.suspend = true; observed.probes.clear(); observed.target = Target::Suspended;
    }),
    "None", Ready, Reason::Suspended
)]
#[case::probe_is_deleted(
    with(stopped(), |observed| observed.suspend = true),
    "DeleteProbe flow-probe-bbbbbbbbbb", Reconciling, Reason::Stopping
)]
#[case::late_store_pod_is_deleted(
    suspended(None),
    "DeletePod flow-store-1-0",
    Ready,
    Reason::Suspended
)]
#[case::store_pod_of_pending_change(
    suspended(Some((StoreChangeKind::Move, &[0, 0, 0, 0]))), "None", Ready, Reason::Suspended
)]
#[case::never_started(with(fresh(), |observed| observed.suspend = true), "None", Ready, Reason::Suspended)]
#[case::invalid(
    with(refused(fresh()), |observed| observed.suspend = true), "None", Stalled, Reason::InvalidSpec
)]
#[case::pod_does_not_terminate(
    with(stopped(), |observed| {
        observed.suspend = true; observed.probes.clear();
        observed.pods = vec![Pod { deleting: Some(at(900)), ..pod(0, OLD, 2) }];
    }),
    "None", Stalled, Reason::PodUnreachable
)]
fn suspended_dataflow_stops_and_stays_stopped(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}

/// Returns a Dataflow that is suspended until 200 s after the present time.
fn timed(observed: Observed) -> Observed {
    with(observed, |observed| {
        observed.suspend = true;
        observed.timed_suspension = Some(TimedSuspension {
            until: after(observed.now, 200),
            by: Some("ann".to_owned()),
            reason: Some("a migration".to_owned()),
        });
    })
}

#[test]
fn timed_suspension_is_requeued_at_its_end() {
    let resting = timed(with(stopped(), |observed| observed.probes.clear()));
    let until = resting.timed_suspension.as_ref().map(|timed| timed.until);
    let Next::Do(decision) = decide(&resting) else {
        panic!("a question");
    };
    assert_eq!(decision.operation, Operation::None);
    assert_eq!(decision.requeue_at, until);
    assert_eq!(decision.summary.reason, Reason::Suspended);
    let message = &decision.summary.message;
    assert!(message.contains("by ann: a migration; code"), "{message}");
}

#[test]
fn timed_suspension_stops_gang_and_ends() {
    check(&timed(world()), "Stop", Reconciling, Reason::Stopping);
    let ended = with(timed(world()), |observed| {
        observed.suspend = false;
        observed.timed_suspension = None;
    });
    assert_eq!(ended, world());
}
