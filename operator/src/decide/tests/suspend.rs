//! A flow that is stopped on request.

use dataflow::status::StoreChangeKind;

use super::recovery::{SPREAD, ledger, ready, store_pod};
use super::*;
use crate::observed::StoreProgress;

/// A suspended flow with a pod that changes its store.
fn suspended(pending: Option<(StoreChangeKind, &[u32])>) -> Observed {
    with(ready(2, ledger(SPREAD, pending)), |observed| {
        observed.suspend = true;
        observed.store.pods = vec![store_pod(1, 0, StoreProgress::Working)];
    })
}

#[rstest]
#[case::stops(with(world(), |observed| observed.suspend = true), "Stop", Reconciling, Reason::Stopping)]
#[case::waits(
    with(stopped(), |observed| { observed.suspend = true; observed.probes.clear(); observed.pods = vec![pod(0, OLD, 2)]; }),
    "None", Reconciling, Reason::Stopping
)]
#[case::rests(
    with(stopped(), |observed| { observed.suspend = true; observed.probes.clear(); observed.target = Target::Suspended; }),
    "None", Ready, Reason::Suspended
)]
#[case::removes_probes(
    with(stopped(), |observed| observed.suspend = true),
    "DeleteProbe flow-probe-bbbbbbbbbb", Reconciling, Reason::Stopping
)]
#[case::removes_a_pod_that_came_too_late(
    suspended(None),
    "DeletePod flow-store-1-0",
    Ready,
    Reason::Suspended
)]
#[case::leaves_one_at_its_work(
    suspended(Some((StoreChangeKind::Move, &[0, 0, 0, 0]))), "None", Ready, Reason::Suspended
)]
#[case::never_started(with(fresh(), |observed| observed.suspend = true), "None", Ready, Reason::Suspended)]
#[case::invalid_as_well(
    with(refused(fresh()), |observed| observed.suspend = true), "None", Stalled, Reason::InvalidSpec
)]
#[case::unreachable(
    with(stopped(), |observed| {
        observed.suspend = true; observed.probes.clear();
        observed.pods = vec![Pod { deleting: Some(at(900)), ..pod(0, OLD, 2) }];
    }),
    "None", Stalled, Reason::PodUnreachable
)]
fn a_suspended_flow(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}
