//! Expansion of recovery volumes.

use super::super::timeouts::{GROWTH_RETRY_PAUSE, after};
use super::super::volumes_not_resized;
use super::action::{known, running};
use super::recovery::{SPREAD, claim, held, ledger, ready};
use super::*;
use crate::observed::GrowthRefused;

const REFUSED: &str = "only dynamically provisioned pvc can be resized";

/// Returns a gang that runs on two volumes of 1 GiB, and a spec with another size.
fn running_on(bytes: u128) -> Observed {
    with(ready(2, ledger(SPREAD, None)), |observed| {
        running(observed);
        let Target::Run(goal) = &mut observed.target else {
            unreachable!()
        };
        if let Some(store) = &mut goal.store {
            store.volume_bytes = bytes;
        }
    })
}

#[test]
fn running_gang_gets_volumes_expanded_one_by_one() {
    let observed = running_on(2 << 30);
    check(&observed, "GrowClaim 0 a", Ready, Reason::Running);
    let observed = with(observed, |observed| held_mut(observed, 0).bytes = 2 << 30);
    check(&observed, "GrowClaim 1 b", Ready, Reason::Running);
    let observed = with(observed, |observed| held_mut(observed, 1).bytes = 2 << 30);
    check(&observed, "None", Ready, Reason::Running);
    assert_eq!(volumes_not_resized(&observed), None);
}

#[test]
fn refused_expansion_is_reported_and_retried() {
    let observed = with(running_on(2 << 30), |observed| {
        held_mut(observed, 0).growth_refused = Some(GrowthRefused {
            why: REFUSED.to_owned(),
            at: observed.now,
        });
    });
    // The other volume can still grow.
    check(&observed, "GrowClaim 1 b", Ready, Reason::Running);
    let observed = with(observed, |observed| held_mut(observed, 1).bytes = 2 << 30);
    let decision = check(&observed, "None", Ready, Reason::Running);
    assert_eq!(
        decision.requeue_at,
        Some(after(observed.now, GROWTH_RETRY_PAUSE))
    );
    let message = volumes_not_resized(&observed).unwrap();
    assert!(
        message.contains("recovery-flow-0") && message.contains(REFUSED),
        "{message}"
    );
}

#[test]
fn refused_expansion_stays_reported_during_retry() {
    let observed = with(running_on(2 << 30), |observed| {
        held_mut(observed, 1).bytes = 2 << 30;
        held_mut(observed, 0).growth_refused = Some(GrowthRefused {
            why: REFUSED.to_owned(),
            at: at(400),
        });
    });
    check(&observed, "GrowClaim 0 a", Ready, Reason::Running);
    // Otherwise status would be written twice without a change.
    assert!(volumes_not_resized(&observed).is_some());
}

#[test]
fn unused_volume_is_not_expanded() {
    let observed = with(running_on(2 << 30), |observed| {
        known(observed).claims.insert(2, "c".to_owned());
        claim(observed, 2).held = held("c", 1);
        for ordinal in [0, 1] {
            held_mut(observed, ordinal).bytes = 2 << 30;
        }
    });
    check(&observed, "None", Ready, Reason::Running);
}

#[test]
fn larger_volume_is_not_shrunk() {
    let observed = running_on(1 << 20);
    check(&observed, "None", Ready, Reason::Running);
    assert!(
        volumes_not_resized(&observed)
            .unwrap()
            .contains("do not shrink")
    );
}

#[test]
fn pvc_outside_ledger_is_not_expanded() {
    let observed = with(running_on(2 << 30), |observed| {
        known(observed).claims.remove(&0);
        known(observed).detached = true;
    });
    assert_eq!(volumes_not_resized(&observed), None);
    assert!(!describe(&decided(&observed).operation).starts_with("GrowClaim"));
}

fn held_mut(observed: &mut Observed, ordinal: u32) -> &mut crate::observed::HeldClaim {
    claim(observed, ordinal).held.as_mut().unwrap()
}
