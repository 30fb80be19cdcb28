//! Finds the PVCs that contain the state of a Dataflow.

use dataflow::status::RecoveryStatus;
use dataflow::{DataflowName, label};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::core::ResourceExt as _;

/// The PVCs with the labels of a Dataflow.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Volumes {
    /// PVCs of its recovery store.
    pub own: Vec<Volume>,
    /// Names of the other PVCs, each with the reason why it is not part of the store.
    pub others: Vec<(String, String)>,
}

/// The PVC of one recovery volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Name of the PVC.
    pub name: String,
    /// UID of the PVC.
    pub uid: String,
    /// Capacity of the volume, or the requested size if it has no volume yet.
    pub size: String,
    /// Identity of the store that it belongs to.
    pub store: String,
}

/// Returns the selector of the PVCs that the operator creates for a Dataflow.
#[must_use]
pub fn selector(name: &DataflowName) -> String {
    format!(
        "{}={name},{}={},{}={}",
        label::DATAFLOW_INFO,
        label::COMPONENT,
        label::STORE,
        label::MANAGED_BY,
        label::OPERATOR
    )
}

impl Volumes {
    /// Separates the PVCs that [`selector`] finds into those of the store and others.
    ///
    /// Labels and names can be copied, so the identity of the store on the PVC decides, and the ledger if there is one.
    #[must_use]
    pub fn classify(
        name: &DataflowName,
        ledger: Option<&RecoveryStatus>,
        claims: &[PersistentVolumeClaim],
    ) -> Self {
        let mut volumes = Self::default();
        for claim in claims {
            let uid = claim.uid().unwrap_or_default();
            match store(name, ledger, claim, &uid) {
                Ok(store) => volumes.own.push(Volume {
                    name: claim.name_any(),
                    uid,
                    size: size(claim),
                    store,
                }),
                Err(why) => volumes.others.push((claim.name_any(), why)),
            }
        }
        volumes
    }
}

/// Returns the identity of the store that a PVC belongs to, or the reason why it is not a volume of this Dataflow.
fn store(
    name: &DataflowName,
    ledger: Option<&RecoveryStatus>,
    claim: &PersistentVolumeClaim,
    uid: &str,
) -> Result<String, String> {
    let own_name = claim.name_any();
    if let Some(owner) = claim.owner_references().first() {
        let owner = format!("{}/{}", owner.kind.to_lowercase(), owner.name);
        return Err(format!("it belongs to {owner}"));
    }
    if !is_named_for(name, &own_name) {
        return Err(format!(
            "it does not have the name of a recovery volume of {name}"
        ));
    }
    let Some(store) = claim.annotations().get(label::STORE_ID) else {
        return Err(format!("it has no annotation {}", label::STORE_ID));
    };
    let Some(ledger) = ledger else {
        return Ok(store.clone());
    };
    if *store != ledger.store_id {
        return Err(format!(
            "it belongs to store {store}, but {name} uses {}",
            ledger.store_id
        ));
    }
    let known = ledger.claims.iter().find(|known| known.name == own_name);
    match known {
        Some(known) if known.uid != uid => Err(format!(
            "its UID differs from that of the PVC that {name} uses under this name"
        )),
        _ => Ok(store.clone()),
    }
}

fn is_named_for(name: &DataflowName, claim: &str) -> bool {
    let ordinal = claim
        .rsplit_once('-')
        .and_then(|(_, digits)| digits.parse().ok());
    claim == name.shared_recovery_claim()
        || ordinal.is_some_and(|ordinal| claim == name.recovery_claim(ordinal))
}

/// Returns the capacity of the volume, or the requested size while there is no volume.
fn size(claim: &PersistentVolumeClaim) -> String {
    let has = claim
        .status
        .as_ref()
        .and_then(|status| status.capacity.as_ref());
    let asked = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref());
    let asked = asked.and_then(|resources| resources.requests.as_ref());
    let storage = [has, asked]
        .into_iter()
        .flatten()
        .find_map(|sizes| sizes.get("storage"));
    storage.map_or_else(String::new, |size| size.0.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const STORE: &str = "0b7c4a52-7a52-4d0f-9d44-000000000001";

    fn claim(name: &str, uid: &str, store: &str) -> PersistentVolumeClaim {
        serde_json::from_value(json!({
            "metadata": {"name": name, "uid": uid, "annotations": {"bytewax.io/store-id": store}},
            "spec": {"resources": {"requests": {"storage": "1Gi"}}},
        }))
        .unwrap()
    }

    fn ledger() -> RecoveryStatus {
        serde_json::from_value(json!({
            "formatVersion": 1, "storeId": STORE, "timeline": "1-0b7c4a52", "step": 1,
            "claims": [{"name": "recovery-orders-0", "uid": "u0"}],
        }))
        .unwrap()
    }

    fn sorted(ledger: Option<&RecoveryStatus>, claims: &[PersistentVolumeClaim]) -> String {
        let name = DataflowName::try_from("orders").unwrap();
        let Volumes { own, others } = Volumes::classify(&name, ledger, claims);
        let own = own
            .iter()
            .map(|volume| format!("own {} {}\n", volume.name, volume.size));
        let others = others
            .iter()
            .map(|(name, why)| format!("other {name}: {why}\n"));
        own.chain(others).collect()
    }

    #[test]
    fn only_pvcs_of_the_store_are_its_own() {
        let mut owned = claim("recovery-orders-2", "u2", STORE);
        owned.metadata.owner_references = serde_json::from_value(json!([{
            "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "mine", "uid": "s",
        }]))
        .unwrap();
        let mut bound = claim("recovery-orders-0", "u0", STORE);
        bound.status = serde_json::from_value(json!({"capacity": {"storage": "2Gi"}})).unwrap();
        let mut silent = claim("recovery-orders-5", "u5", STORE);
        silent.metadata.annotations = None;
        let claims = [
            bound,
            // The ledger no longer lists this PVC, but its volume still contains state of the store.
            claim("recovery-orders-1", "u1", STORE),
            claim("orders-recovery", "u7", STORE),
            owned,
            claim("recovery-orders-3", "u3", "another"),
            claim("recovery-orders-copy", "u4", STORE),
            claim("recovery-orders-04", "u8", STORE),
            claim("recovery-order-4", "u9", STORE),
            silent,
        ];
        insta::assert_snapshot!(sorted(Some(&ledger()), &claims), @r"
        own recovery-orders-0 2Gi
        own recovery-orders-1 1Gi
        own orders-recovery 1Gi
        other recovery-orders-2: it belongs to statefulset/mine
        other recovery-orders-3: it belongs to store another, but orders uses 0b7c4a52-7a52-4d0f-9d44-000000000001
        other recovery-orders-copy: it does not have the name of a recovery volume of orders
        other recovery-orders-04: it does not have the name of a recovery volume of orders
        other recovery-order-4: it does not have the name of a recovery volume of orders
        other recovery-orders-5: it has no annotation bytewax.io/store-id
        ");
    }

    #[test]
    fn recreated_pvc_is_not_part_of_the_store() {
        let claims = [claim("recovery-orders-0", "another", STORE)];
        insta::assert_snapshot!(sorted(Some(&ledger()), &claims), @"other recovery-orders-0: its UID differs from that of the PVC that orders uses under this name");
    }

    #[test]
    fn pvcs_without_dataflow_are_judged_by_annotation() {
        let claims = [
            claim("recovery-orders-0", "another", STORE),
            claim("recovery-orders-1", "u1", "older"),
            claim("recovery-orders-copy", "u4", STORE),
        ];
        insta::assert_snapshot!(sorted(None, &claims), @r"
        own recovery-orders-0 1Gi
        own recovery-orders-1 1Gi
        other recovery-orders-copy: it does not have the name of a recovery volume of orders
        ");
    }
}
