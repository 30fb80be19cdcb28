//! Converts the ledger of the recovery store between its form in status and its form in decisions.

use std::collections::BTreeMap;

use dataflow::name::DataflowName;
use dataflow::placement::SHARED_VOLUME;
use dataflow::plan::claim_name;
use dataflow::status::{
    self, DataflowStatus, LEDGER_VERSION, Partition, PartitionState, RecoveryStatus, StoreChange,
};

use crate::observed::{LedgerState, Pending, StoreLedger};

/// Reads the ledger from status.
pub(super) fn ledger_state(status: &DataflowStatus, name: &str) -> LedgerState {
    let Some(recovery) = &status.recovery else {
        return LedgerState::Unknown;
    };
    let Ok(name) = DataflowName::try_from(name) else {
        return LedgerState::Unknown;
    };
    match ledger(recovery, &name) {
        Ok(ledger) => LedgerState::Known(ledger),
        Err(why) => LedgerState::Unreadable(why),
    }
}

fn ledger(recovery: &RecoveryStatus, name: &DataflowName) -> Result<StoreLedger, String> {
    let RecoveryStatus {
        format_version,
        store_id,
        timeline,
        change_number,
        partitions,
        claims,
        pending,
        detached,
        last_action,
    } = recovery;
    if *format_version > LEDGER_VERSION {
        return Err(format!(
            "its formatVersion is {format_version}, but this release supports up to {LEDGER_VERSION}"
        ));
    }
    let mut places = Vec::new();
    for (at, partition) in partitions.iter().enumerate() {
        if usize::try_from(partition.index).ok() != Some(at) {
            return Err(format!("partition {at} is missing"));
        }
        places.push(place(name, &partition.claim)?);
    }
    let pending = pending.as_ref().map(|change| read_pending(name, change));
    let claims = claims
        .iter()
        .map(|claim| Ok((place(name, &claim.name)?, claim.uid.clone())))
        .collect::<Result<BTreeMap<_, _>, String>>()?;
    Ok(StoreLedger {
        id: store_id.clone(),
        timeline: timeline.clone(),
        change_number: *change_number,
        places,
        claims,
        pending: pending.transpose()?,
        detached: *detached,
        last_action: last_action.clone().map(Box::new),
    })
}

fn read_pending(name: &DataflowName, change: &StoreChange) -> Result<Pending, String> {
    let StoreChange {
        kind,
        claims,
        timeline,
        action,
    } = change;
    Ok(Pending {
        kind: *kind,
        places: claims
            .iter()
            .map(|claim| place(name, claim))
            .collect::<Result<_, _>>()?,
        timeline: timeline.clone(),
        action: action.clone().map(Box::new),
    })
}

/// Returns the volume of a PVC. Fails if the name is not that of a recovery PVC of the Dataflow.
fn place(name: &DataflowName, claim: &str) -> Result<u32, String> {
    volume(name, claim).ok_or_else(|| format!("PVC `{claim}` does not belong to dataflow `{name}`"))
}

/// Converts the ledger into its form in status.
#[must_use]
pub(crate) fn ledger_status(name: &DataflowName, ledger: &StoreLedger) -> RecoveryStatus {
    let StoreLedger {
        id,
        timeline,
        change_number,
        places,
        claims,
        pending,
        detached,
        last_action,
    } = ledger;
    let named = |volume: u32| claim_name(name, volume);
    let partition = |(index, place): (i32, &u32)| Partition {
        index,
        claim: named(*place),
        state: partition_state(pending.as_ref(), index, *place),
    };
    RecoveryStatus {
        format_version: LEDGER_VERSION,
        store_id: id.clone(),
        timeline: timeline.clone(),
        change_number: *change_number,
        partitions: (0..).zip(places).map(partition).collect(),
        claims: claims
            .iter()
            .map(|(ordinal, uid)| status::Claim {
                name: named(*ordinal),
                uid: uid.clone(),
            })
            .collect(),
        pending: pending.as_ref().map(|pending| StoreChange {
            kind: pending.kind,
            claims: pending.places.iter().map(|place| named(*place)).collect(),
            timeline: pending.timeline.clone(),
            action: pending.action.as_deref().cloned(),
        }),
        detached: *detached,
        last_action: last_action.as_deref().cloned(),
    }
}

fn partition_state(pending: Option<&Pending>, index: i32, place: u32) -> PartitionState {
    let to = pending.and_then(|pending| pending.places.get(usize::try_from(index).ok()?));
    match to {
        Some(to) if *to != place => PartitionState::Moving,
        Some(_) | None => PartitionState::Ready,
    }
}

/// Returns the volume of a PVC, by its name.
pub(super) fn volume(name: &DataflowName, claim: &str) -> Option<u32> {
    if claim == name.shared_recovery_claim() {
        return Some(SHARED_VOLUME);
    }
    let digits = claim.rsplit_once('-')?.1;
    let ordinal: u32 = digits
        .parse()
        .ok()
        .filter(|number| *number != SHARED_VOLUME)?;
    (name.recovery_claim(ordinal) == claim).then_some(ordinal)
}

#[cfg(test)]
mod tests;
