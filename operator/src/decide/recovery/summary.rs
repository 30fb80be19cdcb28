//! The summaries while the recovery store is refused or changed.

use dataflow::status::{Reason, StoreChangeKind};

use crate::decide::summary::Summary;

/// Returns the summary of a store that must not be used as it is.
pub(super) fn refused(message: String) -> Summary {
    Summary::stalled(Reason::StoreRefused, message)
}

/// Returns the summary of a store that is being changed.
pub(super) fn changing(message: impl Into<String>) -> Summary {
    Summary::reconciling(Reason::ChangingStore, message)
}

/// Returns the message of a pending store change.
pub(super) fn change_message(kind: StoreChangeKind) -> &'static str {
    match kind {
        StoreChangeKind::Initialise => "creating the recovery partitions",
        StoreChangeKind::Move => "moving recovery partitions off volumes that are no longer used",
        StoreChangeKind::Repartition => "repartitioning the recovery store",
        StoreChangeKind::DropSteps => "dropping state as requested",
        StoreChangeKind::Restore => "restoring a backup",
        StoreChangeKind::Reset => "creating empty recovery partitions",
    }
}
