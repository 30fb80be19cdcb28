//! Compares the PVCs of recovery volumes with the ledger, and creates those that are missing.

use std::collections::BTreeMap;

use super::subject::Subject;
use super::summary::{changing, refused};
use crate::decide::decision::Decision;
use crate::decide::operation::StoreOperation;
use crate::decide::summary::Summary;
use crate::observed::{Claim, HeldClaim, Observed, StoreLedger};

/// Returns the refusal if a PVC that holds state is missing, has another UID, or is terminating.
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
        None => "no longer exists".to_owned(),
        Some(held) if held.uid != *uid => {
            format!("was replaced (UID {}, expected {uid})", held.uid)
        }
        Some(held) if held.terminating => {
            "is terminating and will be removed with the last pod that uses it".to_owned()
        }
        Some(_) => return None,
    };
    Some(refused(format!(
        "PVC {name} holds recovery partitions and {what}; bring its volume back under the same PVC, or \
         set `spec.recovery.action` of type Restore or Reset"
    )))
}

/// Returns the PVCs of the ledger that still exist with the same UID and are not terminating.
pub(super) fn alive(observed: &Observed, ledger: &StoreLedger) -> BTreeMap<u32, String> {
    let is_there = |volume: &u32, uid: &String| {
        let held = observed
            .store
            .claims
            .get(volume)
            .and_then(|claim| claim.held.as_ref());
        held.is_some_and(|held| held.uid == *uid && !held.terminating)
    };
    let known = ledger.claims.iter();
    known
        .filter(|(volume, uid)| is_there(volume, uid))
        .map(|(volume, uid)| (*volume, uid.clone()))
        .collect()
}

/// Whether a PVC that is not in the ledger yet may be used. The operator must have created it for this store, by the
/// pending or an earlier change. A PVC that replaces one with state was refused before.
fn is_made_for(held: &HeldClaim, ledger: &StoreLedger) -> bool {
    held.made_for
        .as_ref()
        .is_some_and(|(store, number)| *store == ledger.id && *number <= ledger.change_number)
}

/// Returns the PVCs that exist.
pub(super) fn held(observed: &Observed) -> impl Iterator<Item = (&Claim, &HeldClaim)> {
    let claims = observed.store.claims.values();
    claims.filter_map(|claim| Some((claim, claim.held.as_ref()?)))
}

/// Returns the next operation until the PVCs of `volumes` exist and are in the ledger; `None` if they are.
pub(super) fn ensure_claims(
    subject: &Subject<'_>,
    ledger: &StoreLedger,
    volumes: &[u32],
) -> Option<Decision> {
    let mut known = ledger.claims.clone();
    for ordinal in volumes {
        let Some(claim) = subject.observed.store.claims.get(ordinal) else {
            return Some(subject.wait(changing("looking up the recovery PVCs")));
        };
        let Some(held) = &claim.held else {
            let operation = StoreOperation::CreateClaim(*ordinal);
            return Some(subject.act(operation, "creating the recovery PVCs"));
        };
        if held.terminating {
            return Some(subject.wait_until_gone("PVC", &claim.name));
        }
        if known.get(ordinal) == Some(&held.uid) {
            continue;
        }
        if !is_made_for(held, ledger) {
            let summary = refused(format!(
                "PVC {name} was not created for this recovery store; if it is not needed, run \
                 kubectl delete pvc {name}",
                name = claim.name
            ));
            return Some(Decision::idle(summary).requeue_after(subject.observed, 30));
        }
        known.insert(*ordinal, held.uid.clone());
    }
    (known != ledger.claims).then(|| {
        let recorded = StoreLedger {
            claims: known,
            ..ledger.clone()
        };
        subject.write(recorded, "creating the recovery PVCs")
    })
}
