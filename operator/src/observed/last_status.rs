//! What status remembers from one pass to the next.

use dataflow::status::{Completed, Formed};

use super::recovery::LedgerState;

/// The numbers that status carries from one pass to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LastStatus {
    /// Last start number drawn.
    pub(crate) start: Option<i64>,
    /// The run that reached the end of its input.
    pub(crate) completed: Option<Completed>,
    /// The last gang that formed.
    pub(crate) formed: Option<Formed>,
    /// The start of which status says where it went on.
    pub(crate) resumed: Option<i64>,
    /// Whether processes that had all been running have not all run since.
    pub(crate) away: bool,
    /// Whether the flow rests on purpose: suspended or completed.
    pub(crate) resting: bool,
    /// What status says about a revision that is refused because state would be lost.
    pub(crate) state_lost: Option<LostState>,
    /// The recovery store.
    pub(crate) ledger: LedgerState,
}

/// State that a revision would leave behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LostState {
    /// What would be lost, for people.
    pub(crate) message: String,
    /// Ids of the steps that would lose it.
    pub(crate) steps: Vec<String>,
}
