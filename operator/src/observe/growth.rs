//! Remembers rejected expansions of volumes.
//!
//! Whether a volume can be expanded is visible only in the API server's response to the request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use dataflow::quantity;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

use crate::observed::{GrowthRefused, HeldClaim};

/// Expansions that the API server rejected since the operator started, by UID of the PVC.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<String, Refusal>>);

#[derive(Clone, Debug)]
struct Refusal {
    bytes: u128,
    reason: GrowthRefused,
}

impl Refusals {
    /// Records that the API server rejected the expansion of a PVC to a size, and why.
    pub(crate) fn record(&self, uid: &str, bytes: u128, why: String, at: Timestamp) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = GrowthRefused { why, at };
        refused.insert(uid.to_owned(), Refusal { bytes, reason });
    }

    /// Adds the rejection to a PVC, if it was for the size that is wanted now.
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

/// Returns the requested size of a PVC, in bytes.
pub(super) fn bytes(claim: &PersistentVolumeClaim) -> u128 {
    let requests = claim
        .spec
        .as_ref()
        .and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    requests
        .and_then(|requests| quantity::bytes(&requests.get("storage")?.0))
        .unwrap_or(0)
}
