//! Expands PVCs to the size in the spec. A volume can grow while it is in use, so no process is stopped for it.

use dataflow::placement;

use crate::decide::decision::Decision;
use crate::decide::operation::{Operation, StoreOperation};
use crate::decide::timeouts::{GROWTH_RETRY_PAUSE, after};
use crate::observed::{Claim, Goal, HeldClaim, LedgerState, Observed, RevisionRef};

/// Expands a PVC if the decision has no other operation.
pub(crate) fn grow_if_idle(observed: &Observed, mut decision: Decision) -> Decision {
    if decision.operation != Operation::None {
        return decision;
    }
    let Some(wanted) = wanted(observed) else {
        return decision;
    };
    let small = volumes(observed).filter(|(_, _, held)| (1..wanted).contains(&held.bytes));
    for (ordinal, _, held) in small {
        // The storage class may have been changed since a refusal, so the request is repeated after a pause.
        let next = held.growth_refused.as_ref();
        let next = next.map(|refused| after(refused.at, GROWTH_RETRY_PAUSE));
        if next.is_none_or(|next| observed.now >= next) {
            let uid = held.uid.clone();
            decision.operation = Operation::Store(
                RevisionRef::Target,
                StoreOperation::GrowClaim { ordinal, uid },
            );
            return decision;
        }
        decision.requeue_no_later_than(next);
    }
    decision
}

/// Returns the reason why a volume does not have the size in the spec; `None` if all have it or can grow to it.
#[must_use]
pub(crate) fn not_resized(observed: &Observed) -> Option<String> {
    let wanted = wanted(observed)?;
    volumes(observed).find_map(|(_, claim, held)| {
        let name = &claim.name;
        if held.bytes > wanted {
            return Some(format!(
                "PVC {name} is larger than spec.recovery.persistence.size; volumes do not shrink, so \
                 it keeps its size"
            ));
        }
        let why = &held.growth_refused.as_ref()?.why;
        Some(format!(
            "PVC {name} is smaller than spec.recovery.persistence.size and was not expanded: {why}"
        ))
    })
}

/// Returns the size in the spec, in bytes.
fn wanted(observed: &Observed) -> Option<u128> {
    Some(observed.target.goal()?.store?.volume_bytes)
}

/// Returns the volumes that the processes use. Unused volumes hold no state, and growing them would only cost.
fn volumes(observed: &Observed) -> impl Iterator<Item = (u32, &Claim, &HeldClaim)> {
    let volumes = |goal: &Goal| {
        Some(placement::volumes(
            goal.store?.single_volume,
            goal.processes,
        ))
    };
    let used = observed.target.goal().and_then(volumes).unwrap_or_default();
    let ledger = match &observed.last_status.ledger {
        LedgerState::Known(ledger) if !ledger.detached => Some(ledger),
        LedgerState::Known(_) | LedgerState::Unknown | LedgerState::Unreadable(_) => None,
    };
    let known = ledger.into_iter().flat_map(|ledger| &ledger.claims);
    let used = known.filter(move |(ordinal, _)| used.contains(ordinal));
    used.filter_map(|(ordinal, uid)| {
        let claim = observed.store.claims.get(ordinal)?;
        let held = claim.held.as_ref()?;
        (held.uid == *uid && !held.terminating).then_some((*ordinal, claim, held))
    })
}
