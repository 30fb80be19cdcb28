//! The facts that status keeps from one reconcile to the next.

use dataflow::status::{Completed, Formed};

use super::recovery::LedgerState;

/// The facts that status keeps from one reconcile to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LastStatus {
    /// `status.start`: the last allocated start number.
    pub(crate) start: Option<i64>,
    /// `status.completed`: the revision that reached the end of its input.
    pub(crate) completed: Option<Completed>,
    /// `status.formed`: the last gang that formed.
    pub(crate) formed: Option<Formed>,
    /// The start number for which `status.resumed` reports the resume epoch.
    pub(crate) resumed: Option<i64>,
    /// Whether an outage in `status.lastOutage` has not ended yet.
    pub(crate) away: bool,
    /// Whether the reason of the Ready condition is Suspended or Completed.
    pub(crate) resting: bool,
    /// The reported state loss of a revision that was refused for it.
    pub(crate) state_lost: Option<LostState>,
    /// `status.recovery`: the ledger of the recovery store.
    pub(crate) ledger: LedgerState,
}

/// State that a revision would lose.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LostState {
    /// The status message.
    pub(crate) message: String,
    /// The ids of the steps whose state would be lost.
    pub(crate) steps: Vec<String>,
}
