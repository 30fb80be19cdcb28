//! A flow that is stopped on request.

use dataflow::status::StoreChangeKind;

use super::store::{SPREAD, ledger, ready, store_pod};
use super::*;
use crate::observed::StoreProgress;

/// A suspended flow with a pod that changes its store.
fn parked(pending: Option<(StoreChangeKind, &[u32])>) -> Observed {
    with(ready(2, ledger(SPREAD, pending)), |o| {
        o.suspend = true;
        o.store.pods = vec![store_pod(1, 0, StoreProgress::Working)];
    })
}

#[rstest]
#[case::stops(with(world(), |o| o.suspend = true), "Stop", Progressing, Reason::Stopping)]
#[case::waits(
    with(stopped(), |o| { o.suspend = true; o.probes.clear(); o.pods = vec![pod(0, OLD, 2)]; }),
    "Rest", Progressing, Reason::Stopping
)]
#[case::rests(
    with(stopped(), |o| { o.suspend = true; o.probes.clear(); o.target = Target::Parked; }),
    "Rest", Settled, Reason::Suspended
)]
#[case::removes_probes(
    with(stopped(), |o| o.suspend = true),
    "DeleteProbe flow-probe-bbbbbbbbbb", Progressing, Reason::Stopping
)]
#[case::removes_a_pod_that_came_too_late(
    parked(None),
    "DeletePod flow-store-1-0",
    Settled,
    Reason::Suspended
)]
#[case::leaves_one_at_its_work(
    parked(Some((StoreChangeKind::Move, &[0, 0, 0, 0]))), "Rest", Settled, Reason::Suspended
)]
#[case::never_started(with(fresh(), |o| o.suspend = true), "Rest", Settled, Reason::Suspended)]
#[case::invalid_as_well(
    with(refused(fresh()), |o| o.suspend = true), "Rest", Stalled, Reason::InvalidSpec
)]
#[case::unreachable(
    with(stopped(), |o| {
        o.suspend = true; o.probes.clear();
        o.pods = vec![Pod { deleting: Some(at(900)), ..pod(0, OLD, 2) }];
    }),
    "Rest", Stalled, Reason::PodUnreachable
)]
fn a_suspended_flow(
    #[case] o: Observed,
    #[case] step: &str,
    #[case] kind: Kind,
    #[case] reason: Reason,
) {
    check(&o, step, kind, reason);
}
