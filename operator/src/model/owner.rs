//! The events of the owner of a Dataflow that change its state.

use dataflow::spec::{ActionKind, ExpectedStore, RecoveryAction};

use super::cluster::Flow;
use super::world::World;

impl World {
    /// Returns the changes of partitions, status and recovery action.
    pub(super) fn owner(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        if self.budget.repartitions > 0 {
            for count in [1, 3] {
                next.push(self.then(format!("partsCount becomes {count}"), |world| {
                    world.budget.repartitions -= 1;
                    world.flow.edit(count);
                    world.flow.version += 1;
                }));
            }
        }
        if self.budget.wipes > 0 && self.flow.store.is_some() {
            next.push(self.then("status is emptied", |world| {
                world.budget.wipes -= 1;
                world.flow = Flow {
                    version: world.flow.version + 1,
                    start: None,
                    formed: None,
                    completed: None,
                    resting: false,
                    ran: None,
                    store: None,
                    ..world.flow.clone()
                };
            }));
        }
        if self.budget.actions > 0
            && let Some(ledger) = &self.flow.store
        {
            for kind in [ActionKind::Reset, ActionKind::Restore] {
                next.push(self.then(format!("{kind:?} is requested"), |world| {
                    world.budget.actions -= 1;
                    world.volumes.requested += 1;
                    world.flow.version += 1;
                    world.flow.action = Some(RecoveryAction {
                        kind,
                        point: None,
                        steps: Vec::new(),
                        expect: ExpectedStore {
                            store_id: ledger.id.clone(),
                            timeline: Some(ledger.timeline.clone()),
                        },
                    });
                }));
            }
        }
        next
    }
}
