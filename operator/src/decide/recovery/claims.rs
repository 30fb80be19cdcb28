//! The claims of recovery volumes against what the ledger says of them.

use std::collections::BTreeMap;

use super::subject::Subject;
use super::summary::{changing, refused};
use crate::decide::decision::Decision;
use crate::decide::operation::StoreOperation;
use crate::decide::summary::Summary;
use crate::observed::{Claim, HeldClaim, Observed, StoreLedger};

/// A volume that holds state is not the one it was, or is about to go.
pub(super) fn lost(observed: &Observed, ledger: &StoreLedger) -> Option<Summary> {
    let occupied = ledger.occupied();
    let known = ledger
        .claims
        .iter()
        .filter(|(ordinal, _)| occupied.contains(ordinal));
    known
        .filter_map(|(ordinal, uid)| Some((observed.store.claims.get(ordinal)?, uid)))
        .find_map(|(claim, uid)| lost_claim(claim, uid))
}

fn lost_claim(claim: &Claim, uid: &str) -> Option<Summary> {
    let name = &claim.name;
    let what = match &claim.held {
        None => "is gone".to_owned(),
        Some(held) if held.uid != *uid => {
            format!("is another one now (UID {}, it was {uid})", held.uid)
        }
        Some(held) if held.terminating => {
            "is being deleted and goes with the last pod that uses it".to_owned()
        }
        Some(_) => return None,
    };
    Some(refused(format!(
        "the claim {name} holds recovery partitions and {what}; bring its volume back under the \
         same claim, or order `spec.recovery.action` of type Restore or Reset"
    )))
}

/// The claims that are still the ones that the ledger knows.
pub(super) fn alive(observed: &Observed, ledger: &StoreLedger) -> BTreeMap<u32, String> {
    let is_there = |volume: &u32, uid: &String| {
        let held = observed
            .store
            .claims
            .get(volume)
            .and_then(|it| it.held.as_ref());
        held.is_some_and(|held| held.uid == *uid && !held.terminating)
    };
    let known = ledger.claims.iter();
    known
        .filter(|(volume, uid)| is_there(volume, uid))
        .map(|(volume, uid)| (*volume, uid.clone()))
        .collect()
}

/// Whether a claim that the ledger does not know yet may be taken into use: the operator made it
/// for this store. One that takes the place of a volume with state has been refused by then.
fn is_made_for(held: &HeldClaim, ledger: &StoreLedger) -> bool {
    held.made_for
        .as_ref()
        .is_some_and(|(store, number)| *store == ledger.id && *number <= ledger.change_number)
}

/// The claims that are there.
pub(super) fn held(observed: &Observed) -> impl Iterator<Item = (&Claim, &HeldClaim)> {
    let claims = observed.store.claims.values();
    claims.filter_map(|claim| Some((claim, claim.held.as_ref()?)))
}

/// Sees to it that the claims of some volumes are there and in the ledger.
pub(super) fn ensure_claims(
    subject: &Subject<'_>,
    ledger: &StoreLedger,
    volumes: &[u32],
) -> Option<Decision> {
    let mut known = ledger.claims.clone();
    for ordinal in volumes {
        let Some(claim) = subject.observed.store.claims.get(ordinal) else {
            return Some(subject.wait(changing("looks for recovery volumes")));
        };
        let Some(held) = &claim.held else {
            let operation = StoreOperation::CreateClaim(*ordinal);
            return Some(subject.act(operation, "makes recovery volumes"));
        };
        if held.terminating {
            return Some(subject.wait_until_gone("the claim", &claim.name));
        }
        if known.get(ordinal) == Some(&held.uid) {
            continue;
        }
        if !is_made_for(held, ledger) {
            let summary = refused(format!(
                "the claim {name} was not made for this store; remove it if nobody needs it: \
                 kubectl delete pvc {name}",
                name = claim.name
            ));
            return Some(Decision::idle(summary).requeue_after(subject.observed, 30));
        }
        known.insert(*ordinal, held.uid.clone());
    }
    (known != ledger.claims).then(|| {
        let noted = StoreLedger {
            claims: known,
            ..ledger.clone()
        };
        subject.write(noted, "makes recovery volumes")
    })
}
