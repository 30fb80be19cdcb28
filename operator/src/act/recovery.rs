//! Writes for the recovery store: the ledger, the PVCs and the store pods.

use dataflow::status::StoreChangeKind;
use dataflow::validate::ValidatedRecovery;
use dataflow::{plan, quantity};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::Client;

use super::revision::prepared;
use super::{backup_secret, status, write};
use crate::decide::StoreOperation;
use crate::error::{Call, Race, ReconcileError};
use crate::observe::{Prepared, View, ledger_status};
use crate::observed::{LedgerState, RevisionRef, StoreLedger, Version};

/// Error for a missing ledger. An operation refers only to an observed ledger; if it is missing
/// nevertheless, the next reconcile decides again.
const UNKNOWN: ReconcileError = ReconcileError::Overtaken {
    action: "find the ledger of an operation",
    race: Race::Gone,
};

/// Carries out one operation on the recovery store.
pub(super) async fn act(
    view: &mut View,
    client: &Client,
    which: RevisionRef,
    operation: &StoreOperation,
) -> Result<(), ReconcileError> {
    match operation {
        StoreOperation::WriteLedger {
            dataflow,
            ledger,
            start,
        } => write_ledger(view, client, dataflow, ledger, *start).await,
        StoreOperation::Inspect(volumes) => create_inspection(view, client, which, volumes).await,
        StoreOperation::CreateClaim(ordinal) => create_claim(view, client, which, *ordinal).await,
        StoreOperation::GrowClaim { ordinal, uid } => {
            grow_claim(view, client, which, *ordinal, uid).await
        }
        StoreOperation::CreatePod {
            kind,
            part,
            volumes,
        } => create_pod(view, client, which, *kind, *part, volumes).await,
        StoreOperation::DeletePod(name, version) => {
            write::delete::<Pod>(client, &view.namespace(), name, version).await
        }
    }
}

/// Writes the ledger, and checks that the API server kept all of its fields.
async fn write_ledger(
    view: &mut View,
    client: &Client,
    dataflow: &Version,
    ledger: &StoreLedger,
    start: Option<i64>,
) -> Result<(), ReconcileError> {
    let name = view.name.as_ref().ok_or(UNKNOWN)?;
    let recovery = ledger_status(name, ledger);
    status::change(view, client, dataflow, |status| {
        status.recovery = Some(recovery);
        status.start = status.start.max(start);
    })
    .await
}

/// Creates the PVC of one volume.
async fn create_claim(
    view: &View,
    client: &Client,
    which: RevisionRef,
    ordinal: u32,
) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let (prepared, recovery, ledger) = needs(view, which)?;
    let claim = plan::claim(
        &prepared.validated,
        recovery,
        &prepared.context(&namespace, &view.uid(), 0),
        ordinal,
        &ledger.layout(None),
    );
    write::create_unowned::<PersistentVolumeClaim>(client, &namespace, &claim).await
}

/// Requests the expansion of a volume, if its PVC still has the observed UID.
async fn grow_claim(
    view: &View,
    client: &Client,
    which: RevisionRef,
    ordinal: u32,
    uid: &str,
) -> Result<(), ReconcileError> {
    let (prepared, recovery, _) = needs(view, which)?;
    let claim = plan::claim_name(prepared.name(), ordinal);
    let grown = write::grow(client, &view.namespace(), &claim, uid, &recovery.size).await;
    match grown {
        // The storage class does not support expansion, a quota forbids it, or another client has
        // requested a larger size meanwhile.
        Err(kube::Error::Api(status)) if matches!(status.code, 403 | 422) => {
            Err(ReconcileError::CannotGrow {
                uid: uid.to_owned(),
                bytes: quantity::bytes(&recovery.size).unwrap_or(0),
                why: status.message.clone(),
            })
        }
        grown => grown.map_err(ReconcileError::api(Call::Existing, "expand a volume")),
    }
}

/// Creates the store pod for one part of the pending store change.
async fn create_pod(
    view: &View,
    client: &Client,
    which: RevisionRef,
    kind: StoreChangeKind,
    part: u32,
    volumes: &[u32],
) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let (prepared, _, ledger) = needs(view, which)?;
    backup_secret::create(view, client, prepared).await?;
    let start = view.observed.last_status.start.unwrap_or(0);
    let change = ledger.change_spec(kind, part, volumes);
    let context = prepared.context(&namespace, &view.uid(), start);
    let pod = plan::store_pod(&prepared.validated, &context, &change);
    write::create::<Pod>(client, &namespace, &pod).await
}

/// Creates the inspection pod, which reports the partitions on volumes whose ledger is lost.
async fn create_inspection(
    view: &View,
    client: &Client,
    which: RevisionRef,
    volumes: &[u32],
) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let prepared = prepared(view, which)?;
    let context = prepared.context(&namespace, &view.uid(), 0);
    let pod = plan::inspection_pod(&prepared.validated, &context, volumes);
    write::create::<Pod>(client, &namespace, &pod).await
}

fn needs(
    view: &View,
    which: RevisionRef,
) -> Result<(&Prepared, &ValidatedRecovery, &StoreLedger), ReconcileError> {
    let prepared = prepared(view, which)?;
    let recovery = prepared.validated.recovery.as_ref();
    match (recovery, &view.observed.last_status.ledger) {
        (Some(recovery), LedgerState::Known(ledger)) => Ok((prepared, recovery, ledger)),
        _ => Err(UNKNOWN),
    }
}
