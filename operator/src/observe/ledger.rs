//! Status -> what it remembers.

use dataflow::status::{self, ConditionType, DataflowStatus, Reason};

use super::store_ledger;
use crate::observed::{Ledger, LostState};

/// Reads what earlier passes have noted.
pub(super) fn ledger(status: &DataflowStatus, name: &str) -> Ledger {
    let ready = status::find(&status.conditions, ConditionType::Ready);
    let resting = [Reason::Suspended, Reason::Completed];
    Ledger {
        start: status.start,
        completed: status.completed.clone(),
        formed: status.formed.clone(),
        resumed: status.resumed.as_ref().map(|resumed| resumed.start),
        away: status
            .last_outage
            .as_ref()
            .is_some_and(|outage| outage.seconds.is_none()),
        resting: ready
            .is_some_and(|ready| resting.iter().any(|reason| ready.reason == reason.as_ref())),
        state_lost: status::find(&status.conditions, ConditionType::Stalled)
            .filter(|stalled| stalled.reason == Reason::StateLost.as_ref())
            .map(|stalled| LostState {
                sentence: stalled.message.clone(),
                steps: status.orphaned_steps.clone(),
            }),
        store: store_ledger::record(status, name),
    }
}
