//! Rebuilds a lost ledger: the Dataflow was recreated, or its status was emptied.
//!
//! The ledger is read from these sources, in this order:
//!
//! 1. The pod template of the gang, while it has replicas ([`from_gang`]). The gang continues to run.
//! 2. The volumes, which a store pod inspects while no process runs ([`from_volumes`]). Their partitions must be a
//!    complete set, or the store is refused. Nothing of an incomplete set is used.
//! 3. Without any PVC there was no store, and a new one is created.

use std::collections::BTreeMap;

use agent::report::InspectionReport;
use dataflow::placement;
use dataflow::status::StoreChangeKind;

use super::action::short_id;
use super::claims::held;
use super::create::create_store;
use super::subject::Subject;
use super::summary::{changing, refused};
use super::volume_scan::VolumeScan;
use crate::decide::decision::{Decision, Next};
use crate::decide::operation::{Operation, StoreOperation};
use crate::decide::question::Question;
use crate::decide::summary::Summary;
use crate::observed::{
    DesiredStore, LedgerState, Observed, Pending, RevisionRef, StoreLedger, StoreProgress,
};

/// Returns the write of the ledger that the pod template of a running gang describes, if status has none.
pub(crate) fn from_gang(observed: &Observed) -> Option<Decision> {
    let gang = observed.gang.owned()?;
    let lost = observed.last_status.ledger == LedgerState::Unknown && gang.replicas > 0;
    let ledger = gang.store.clone().filter(|_| lost)?;
    let operation = StoreOperation::WriteLedger {
        dataflow: observed.dataflow.clone(),
        ledger,
        start: gang.stamp.as_ref().map(|stamp| stamp.start),
    };
    Some(Decision::act(
        Operation::Store(RevisionRef::Running, operation),
        changing("rebuilding the ledger from the running gang"),
    ))
}

/// Returns the refusal if the PVCs cannot belong to one earlier store. The operator did not create all of them, or it
/// created them for several stores.
pub(super) fn foreign_volumes(observed: &Observed) -> Option<Summary> {
    let (mut stores, mut foreign) = (BTreeMap::<&str, Vec<&str>>::new(), Vec::new());
    for (claim, held) in held(observed) {
        match &held.made_for {
            Some((store, _)) => stores.entry(store).or_default().push(&claim.name),
            None => foreign.push(claim.name.as_str()),
        }
    }
    if !foreign.is_empty() {
        return Some(refused(format!(
            "PVCs with the names of this Dataflow were not created for its recovery store ({names}); if \
             they are not needed, run kubectl delete pvc {names}",
            names = foreign.join(" ")
        )));
    }
    let stores: Vec<String> = stores
        .iter()
        .map(|(store, claims)| format!("{store} on {}", claims.join(", ")))
        .collect();
    (stores.len() > 1).then(|| {
        refused(format!(
            "the PVCs belong to several recovery stores, and status has no ledger: {}; delete the PVCs \
             of the stores that are not needed",
            stores.join("; ")
        ))
    })
}

/// Returns the next operation to rebuild the ledger from the volumes, or to create a store if there is no PVC.
pub(super) fn from_volumes(subject: &Subject<'_>, desired: DesiredStore) -> Next {
    let observed = subject.observed;
    if held(observed).next().is_none() {
        return create_store(subject, desired).into();
    }
    if let Some((claim, _)) = held(observed).find(|(_, held)| held.terminating) {
        return subject.wait_until_gone("PVC", &claim.name).into();
    }
    // A change that was pending is abandoned. Its results are on the volumes.
    if let Some(pod) = observed
        .store
        .pods
        .iter()
        .find(|pod| pod.change_number != 0 && !pod.deleting)
    {
        return subject.delete(pod).into();
    }
    if let Some(pod) = observed.store.pods.iter().find(|pod| pod.deleting) {
        return subject.wait_until_gone("pod", &pod.name).into();
    }
    let message = "inspecting the recovery volumes";
    let Some(pod) = observed.store.pods.first() else {
        let volumes = observed
            .store
            .claims
            .iter()
            .filter(|(_, claim)| claim.held.is_some());
        let volumes = volumes.map(|(volume, _)| *volume).collect();
        return subject
            .act(StoreOperation::Inspect(volumes), message)
            .into();
    };
    if pod.progress != StoreProgress::Done {
        return subject.wait_for(pod, message).into();
    }
    let rebuilt = match &observed.answers.inspection {
        None => return Next::Ask(Question::Inspection(pod.name.clone())),
        Some(report) => report
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|report| ledger_of(subject, report, desired)),
    };
    match rebuilt {
        Ok((ledger, start)) => {
            let operation = StoreOperation::WriteLedger {
                dataflow: observed.dataflow.clone(),
                ledger,
                start: Some(start),
            };
            let message = "rebuilding the ledger from the recovery volumes";
            subject.act(operation, message).into()
        }
        Err(why) => {
            let message = format!(
                "{why}; to inspect the volumes again, delete pod {}",
                pod.name
            );
            Decision::idle(refused(message))
                .requeue_after(observed, 30)
                .into()
        }
    }
}

/// Returns the ledger that the inspection report describes, and the highest start number on the volumes.
fn ledger_of(
    subject: &Subject<'_>,
    report: &InspectionReport,
    desired: DesiredStore,
) -> Result<(StoreLedger, i64), String> {
    let scan = VolumeScan::read(report, subject.observed)?;
    let store = held(subject.observed).find_map(|(_, held)| held.made_for.clone());
    let (id, _) = store.unwrap_or_default();
    let made = held(subject.observed).filter_map(|(_, held)| Some(held.made_for.as_ref()?.1));
    let change_number = made.max().unwrap_or(0).max(scan.change_number);
    if let Some(other) = scan.store.as_ref().filter(|store| **store != id) {
        return Err(format!(
            "the volumes contain store {other}, but their PVCs were created for store {id}; bring the \
             right volumes back"
        ));
    }
    let ledger = StoreLedger {
        timeline: format!("1-{}", short_id(&id)),
        id,
        change_number,
        places: Vec::new(),
        claims: uids(subject.observed),
        pending: None,
        detached: false,
        last_action: None,
    };
    // No gang has started on it: the store was being created.
    if scan.start == 0 && change_number <= 1 {
        let volumes = placement::volumes(desired.single_volume, subject.goal.processes);
        let pending = Pending {
            kind: StoreChangeKind::Initialise,
            places: placement::initial(desired.partitions, &volumes),
            timeline: None,
            action: None,
        };
        let initialising = StoreLedger {
            pending: Some(pending),
            ..ledger
        };
        return Ok((initialising, 0));
    }
    let (timeline, places) = scan.set()?;
    let complete = StoreLedger {
        timeline,
        places,
        ..ledger
    };
    Ok((complete, scan.start))
}

/// Returns the UIDs of the existing PVCs by volume.
fn uids(observed: &Observed) -> BTreeMap<u32, String> {
    let claims = observed.store.claims.iter();
    claims
        .filter_map(|(volume, claim)| Some((*volume, claim.held.as_ref()?.uid.clone())))
        .collect()
}
