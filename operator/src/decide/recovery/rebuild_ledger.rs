//! A store whose ledger is lost: the Dataflow was made anew, or somebody emptied its status. While
//! a gang runs its template tells; else the volumes are asked. What they hold is taken whole or
//! not at all.

use std::collections::BTreeMap;

use agent::report::InspectionReport;
use dataflow::placement;
use dataflow::status::StoreChangeKind;

use super::action::digits;
use super::claims::held;
use super::open::open;
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

/// Notes the store of a gang that runs, where status knows nothing of it. The gang runs on.
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
        changing("notes which recovery store runs"),
    ))
}

/// Why the volumes there are cannot be what an earlier ledger spoke of.
pub(super) fn foreign_volumes(observed: &Observed) -> Option<Summary> {
    let (mut ours, mut others) = (BTreeMap::<&str, Vec<&str>>::new(), Vec::new());
    for (claim, held) in held(observed) {
        match &held.made_for {
            Some((store, _)) => ours.entry(store).or_default().push(&claim.name),
            None => others.push(claim.name.as_str()),
        }
    }
    if !others.is_empty() {
        return Some(refused(format!(
            "there are claims that were not made for a store of this Dataflow ({names}); remove \
             them if nobody needs them: kubectl delete pvc {names}",
            names = others.join(" ")
        )));
    }
    let several: Vec<String> = ours
        .iter()
        .map(|(store, claims)| format!("{store} on {}", claims.join(", ")))
        .collect();
    (several.len() > 1).then(|| {
        refused(format!(
            "there are volumes of several stores, and status knows of none: {}; delete the claims \
             of those that are not needed",
            several.join("; ")
        ))
    })
}

/// Finds the store that the volumes hold, or begins one where there are none.
pub(super) fn from_volumes(subject: &Subject<'_>, desired: DesiredStore) -> Next {
    let observed = subject.observed;
    if held(observed).next().is_none() {
        return open(subject, desired).into();
    }
    if let Some((claim, _)) = held(observed).find(|(_, held)| held.terminating) {
        return subject.wait_until_gone("the claim", &claim.name).into();
    }
    // A change that was under way ends here; what it has done lies on the volumes.
    if let Some(pod) = observed
        .store
        .pods
        .iter()
        .find(|it| it.change_number != 0 && !it.deleting)
    {
        return subject.delete(pod).into();
    }
    if let Some(pod) = observed.store.pods.iter().find(|it| it.deleting) {
        return subject.wait_until_gone("the pod", &pod.name).into();
    }
    let message = "looks what the recovery volumes hold";
    let Some(pod) = observed.store.pods.first() else {
        let volumes = observed
            .store
            .claims
            .iter()
            .filter(|(_, it)| it.held.is_some());
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
            let message = "takes the store on the recovery volumes into use";
            subject.act(operation, message).into()
        }
        Err(why) => {
            let message = format!("{why}; to have it looked at again delete pod {}", pod.name);
            Decision::idle(refused(message))
                .requeue_after(observed, 30)
                .into()
        }
    }
}

/// The ledger by what lies on the volumes, and the highest start number there.
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
            "the volumes hold store {other}, and their claims were made for store {id}; bring \
             the right volumes back"
        ));
    }
    let ledger = StoreLedger {
        timeline: format!("1-{}", digits(&id)),
        id,
        change_number,
        places: Vec::new(),
        claims: uids(subject.observed),
        pending: None,
        detached: false,
        last_action: None,
    };
    // Nothing ever ran on it: it was being made.
    if scan.start == 0 && change_number <= 1 {
        let volumes = placement::volumes(desired.single_volume, subject.goal.size);
        let pending = Pending {
            kind: StoreChangeKind::Initialise,
            places: placement::initial(desired.partitions, &volumes),
            timeline: None,
            action: None,
        };
        let making = StoreLedger {
            pending: Some(pending),
            ..ledger
        };
        return Ok((making, 0));
    }
    let (timeline, places) = scan.set()?;
    let whole = StoreLedger {
        timeline,
        places,
        ..ledger
    };
    Ok((whole, scan.start))
}

fn uids(observed: &Observed) -> BTreeMap<u32, String> {
    let claims = observed.store.claims.iter();
    claims
        .filter_map(|(volume, claim)| Some((*volume, claim.held.as_ref()?.uid.clone())))
        .collect()
}
