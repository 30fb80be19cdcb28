//! A suspended Dataflow.

use dataflow::status::StoreChangeKind;

use super::recovery::{SPREAD, ledger, ready, store_pod};
use super::*;
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
