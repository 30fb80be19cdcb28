//! Creates a recovery store where there is none.

use std::collections::BTreeMap;

use dataflow::placement;
use dataflow::status::StoreChangeKind;

use super::action;
use super::subject::Subject;
use super::summary::{change_message, refused};
use crate::decide::decision::Decision;
use crate::observed::{DesiredStore, Pending, StoreLedger};

/// Returns the write of a first ledger: a new store, or one that begins with the backup of another store.
pub(super) fn create_store(subject: &Subject<'_>, desired: DesiredStore) -> Decision {
    let id = subject.observed.store.fresh_id.clone();
    let volumes = placement::volumes(desired.single_volume, subject.goal.processes);
    let ledger = StoreLedger {
        timeline: format!("1-{}", action::short_id(&id)),
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
    match action::foreign_backup(subject.observed, subject.which) {
        None => subject.write(ledger, "creating the recovery store"),
        Some(Ok(backup)) => {
            let unknown = StoreLedger {
                id: backup.store,
                timeline: backup.timeline,
                change_number: 0,
                pending: None,
                ..ledger
            };
            let begun = action::ledger_with_action(
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
