//! Volumes that get larger.

use super::super::timeouts::{GROWTH_RETRY_PAUSE, after};
use super::super::volumes_not_resized;
use super::action::{known, running};
use super::recovery::{SPREAD, claim, held, ledger, ready};
use super::*;
use crate::observed::GrowthRefused;

const REFUSED: &str = "only dynamically provisioned pvc can be resized";

/// A gang that runs on two volumes of 1 GiB, and a spec that asks for another size.
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
fn volumes_grow_one_after_the_other_while_all_runs() {
    let observed = running_on(2 << 30);
    check(&observed, "GrowClaim 0 a", Ready, Reason::Running);
    let observed = with(observed, |observed| held_mut(observed, 0).bytes = 2 << 30);
    check(&observed, "GrowClaim 1 b", Ready, Reason::Running);
    let observed = with(observed, |observed| held_mut(observed, 1).bytes = 2 << 30);
    check(&observed, "None", Ready, Reason::Running);
    assert_eq!(volumes_not_resized(&observed), None);
}

#[test]
fn what_cannot_grow_is_told_and_tried_again_later() {
    let observed = with(running_on(2 << 30), |observed| {
        held_mut(observed, 0).growth_refused = Some(GrowthRefused {
            why: REFUSED.to_owned(),
            at: observed.now,
        });
    });
    // The other one may still.
    check(&observed, "GrowClaim 1 b", Ready, Reason::Running);
    let observed = with(observed, |observed| held_mut(observed, 1).bytes = 2 << 30);
    let decision = check(&observed, "None", Ready, Reason::Running);
    assert_eq!(
        decision.requeue_at,
        Some(after(observed.now, GROWTH_RETRY_PAUSE))
    );
    let told = volumes_not_resized(&observed).unwrap();
    assert!(
        told.contains("recovery-flow-0") && told.contains(REFUSED),
        "{told}"
    );
}

#[test]
fn a_refusal_is_told_also_when_it_is_asked_again() {
    let observed = with(running_on(2 << 30), |observed| {
        held_mut(observed, 1).bytes = 2 << 30;
        held_mut(observed, 0).growth_refused = Some(GrowthRefused {
            why: REFUSED.to_owned(),
            at: at(400),
        });
    });
    check(&observed, "GrowClaim 0 a", Ready, Reason::Running);
    // Or status would be written twice for nothing.
    assert!(volumes_not_resized(&observed).is_some());
}

#[test]
fn volumes_that_were_left_stay_as_they_are() {
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
fn a_volume_never_shrinks() {
    let observed = running_on(1 << 20);
    check(&observed, "None", Ready, Reason::Running);
    assert!(
        volumes_not_resized(&observed)
            .unwrap()
            .contains("do not shrink")
    );
}

#[test]
fn only_the_claims_of_the_ledger_grow() {
    let observed = with(running_on(2 << 30), |observed| {
        known(observed).claims.remove(&0);
        known(observed).detached = true;
    });
    assert_eq!(volumes_not_resized(&observed), None);
    assert!(!word(&decided(&observed).operation).starts_with("GrowClaim"));
}

fn held_mut(observed: &mut Observed, ordinal: u32) -> &mut crate::observed::HeldClaim {
    claim(observed, ordinal).held.as_mut().unwrap()
}
