//! The rendezvous with recovery: identity of the store, partitions of each process, common resume epoch.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use store::{
    identity::{StoreId, Timeline},
    partition::PartitionFacts,
    resume::agree,
};

use super::round::Beginning;

/// The recovery store that all partitions of a gang must belong to.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct StoreIdentity {
    /// The identity of the store.
    pub store: StoreId,
    /// The current timeline.
    pub timeline: Timeline,
    /// The number of partitions.
    pub partitions: u32,
}

/// The facts of the partitions that one process holds.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct PartitionOffer(pub Vec<PartitionFacts>);

impl Hash for PartitionOffer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for facts in &self.0 {
            facts.index.hash(state);
        }
    }
}

/// Computes the execution and epoch at which all partitions of a store resume.
///
/// # Errors
/// The partitions are no set to resume from; the text names every contradiction.
pub fn agree_on(identity: &StoreIdentity, facts: &[PartitionFacts]) -> Result<Beginning, String> {
    let StoreIdentity {
        store,
        timeline,
        partitions,
    } = identity;
    agree(facts, *partitions, store, timeline)
        .map(|resume| Beginning {
            execution: resume.execution,
            epoch: resume.epoch,
        })
        .map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            faults.join("; also ")
        })
}
