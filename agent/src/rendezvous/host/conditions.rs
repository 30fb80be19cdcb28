//! What a round needs besides that all are there.

use store::{partition::PartitionFacts, resume::agree};

use super::Host;
use crate::rendezvous::{Beginning, Terms};

impl Host {
    /// With recovery, finds where all begin, from what all of them have.
    pub(super) fn agree(&self) -> Result<Option<Beginning>, String> {
        let Some(terms) = &self.terms else {
            return Ok(None);
        };
        let stocks = self.seats.iter().flatten().map(|seat| &seat.stock);
        let facts: Vec<PartitionFacts> = stocks.flat_map(|stock| stock.0.clone()).collect();
        agree_on(terms, &facts).map(Some)
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
