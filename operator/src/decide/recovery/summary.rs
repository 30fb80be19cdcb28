//! What is said while the store is not as it should be.

use dataflow::status::{Reason, StoreChangeKind};

use crate::decide::summary::Summary;

/// The store must not be used as it is.
pub(super) fn refused(message: String) -> Summary {
    Summary::stalled(Reason::StoreRefused, message)
}

/// The store is being changed.
pub(super) fn changing(message: impl Into<String>) -> Summary {
    Summary::reconciling(Reason::ChangingStore, message)
}

/// What a change does.
pub(super) fn change_message(kind: StoreChangeKind) -> &'static str {
    match kind {
        StoreChangeKind::Initialise => "makes the recovery partitions",
        StoreChangeKind::Move => "moves recovery partitions from volumes that are no longer used",
        StoreChangeKind::Repartition => "spreads the state over another number of partitions",
        StoreChangeKind::DropSteps => "drops state as ordered",
        StoreChangeKind::Restore => "restores a backup",
        StoreChangeKind::Reset => "makes empty partitions",
    }
}
