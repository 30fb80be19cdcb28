//! Reads the facts that status carries from earlier reconciles.

use dataflow::status::{self, ConditionType, DataflowStatus, Reason};

use super::store_ledger;
use crate::observed::{LastStatus, LostState};

/// Reads the facts that earlier reconciles wrote to status.
pub(super) fn read(status: &DataflowStatus, name: &str) -> LastStatus {
    let ready = status::find(&status.conditions, ConditionType::Ready);
    let resting = [Reason::Suspended, Reason::Completed];
    LastStatus {
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
                message: stalled.message.clone(),
                steps: status.orphaned_steps.clone(),
            }),
        ledger: store_ledger::ledger_state(status, name),
    }
}
