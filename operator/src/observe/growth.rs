//! Which volumes cannot grow. Only the API server knows, and only by being asked to let them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use dataflow::quantity;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

use crate::observed::{GrowthRefused, HeldClaim};

/// What the API server has refused since the operator started, by UID of the claim.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<String, Refusal>>);

#[derive(Clone, Debug)]
struct Refusal {
    bytes: u128,
    reason: GrowthRefused,
}

impl Refusals {
    /// Notes that a claim must not grow to a size, in the API server's words.
    pub(crate) fn note(&self, uid: &str, bytes: u128, why: String, at: Timestamp) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = GrowthRefused { why, at };
        refused.insert(uid.to_owned(), Refusal { bytes, reason });
    }

    /// Adds to a claim what was refused of what is wanted now: another size is another question.
    pub(super) fn add_to(&self, held: HeldClaim, wanted: Option<u128>) -> HeldClaim {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = refused
            .get(&held.uid)
            .filter(|refusal| Some(refusal.bytes) == wanted);
        HeldClaim {
            growth_refused: same.map(|refusal| refusal.reason.clone()),
            ..held
        }
    }
}

/// The size that a claim asks for, in bytes.
pub(super) fn bytes(claim: &PersistentVolumeClaim) -> u128 {
    let requests = claim
        .spec
        .as_ref()
        .and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    requests
        .and_then(|requests| quantity::bytes(&requests.get("storage")?.0))
        .unwrap_or(0)
}
