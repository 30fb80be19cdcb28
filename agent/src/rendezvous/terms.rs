//! With recovery: what a gang's store must be, what a process has of it, and where all begin.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use store::{
    identity::{StoreId, Timeline},
    partition::PartitionFacts,
    resume::agree,
};

use super::round::Beginning;

/// The store of a gang with recovery, as all processes must know it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Terms {
    /// Its identity.
    pub store: StoreId,
    /// The timeline that holds.
    pub timeline: Timeline,
    /// How many partitions it has.
    pub partitions: u32,
}

/// What the partitions of one process say.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Stock(pub Vec<PartitionFacts>);

impl Hash for Stock {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for facts in &self.0 {
            facts.index.hash(state);
        }
    }
}

/// Finds where all partitions of a store begin.
///
/// # Errors
/// Names what does not fit together, in words.
pub fn agree_on(terms: &Terms, facts: &[PartitionFacts]) -> Result<Beginning, String> {
    let Terms {
        store,
        timeline,
        partitions,
    } = terms;
    agree(facts, *partitions, store, timeline)
        .map(|resume| Beginning {
            execution: resume.execution,
            epoch: resume.epoch,
        })
        .map_err(|faults| {
            let sentences: Vec<String> = faults.iter().map(ToString::to_string).collect();
            sentences.join("; also ")
        })
}
