//! A flow that is stopped on request.

use super::*;

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
