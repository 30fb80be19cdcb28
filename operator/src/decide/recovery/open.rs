//! A store where there is none.

use std::collections::BTreeMap;

use dataflow::placement;
use dataflow::status::StoreChangeKind;

use super::action;
use super::subject::Subject;
use super::summary::{change_message, refused};
use crate::decide::decision::Decision;
use crate::observed::{DesiredStore, Pending, StoreLedger};

/// Begins a store where there is none.
pub(super) fn open(subject: &Subject<'_>, desired: DesiredStore) -> Decision {
    let id = subject.observed.store.fresh_id.clone();
    let volumes = placement::volumes(desired.single_volume, subject.goal.size);
    let ledger = StoreLedger {
        timeline: format!("1-{}", action::digits(&id)),
        id,
        change_number: 1,
        places: Vec::new(),
        claims: BTreeMap::new(),
        pending: Some(Pending {
            kind: StoreChangeKind::Initialise,
            places: placement::initial(desired.partitions, &volumes),
            timeline: None,
            action: None,
        }),
        detached: false,
        last_action: None,
    };
    match action::from_elsewhere(subject.observed, subject.which) {
        None => subject.write(ledger, "makes a recovery store"),
        Some(Ok(backup)) => {
            let unknown = StoreLedger {
                id: backup.store,
                timeline: backup.timeline,
                change_number: 0,
                pending: None,
                ..ledger
            };
            let begun = action::begun(
                subject.observed,
                subject.goal,
                desired,
                &unknown,
                backup.action,
            );
            subject.write(begun, change_message(StoreChangeKind::Restore))
        }
        Some(Err(why)) => Decision::idle(refused(why)).requeue_after(subject.observed, 30),
    }
}
