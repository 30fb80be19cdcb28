//! The subject of a decision about the recovery store, and constructors of its decisions.

use dataflow::status::Reason;

use super::summary::{changing, refused};
use crate::decide::decision::Decision;
use crate::decide::operation::{Operation, StoreOperation};
use crate::decide::summary::Summary;
use crate::decide::timeouts::{STORE_SCHEDULING_TIMEOUT, after};
use crate::observed::{Goal, Observed, RevisionRef, StoreLedger, StorePod, StoreProgress};

/// The pause between two checks for a change that may come without an event, in seconds.
pub(super) const CHECK_PAUSE: i64 = 5;

/// A goal, and the observed state in which its recovery store is prepared.
pub(super) struct Subject<'a> {
    pub(super) observed: &'a Observed,
    pub(super) which: RevisionRef,
    pub(super) goal: &'a Goal,
}

impl Subject<'_> {
    /// Returns the decision to perform one operation on the store.
    pub(super) fn act(&self, operation: StoreOperation, message: &str) -> Decision {
        Decision::act(Operation::Store(self.which, operation), changing(message))
    }

    /// Returns the decision to write the ledger.
    pub(super) fn write(&self, ledger: StoreLedger, message: &str) -> Decision {
        let dataflow = self.observed.dataflow.clone();
        let operation = StoreOperation::WriteLedger {
            dataflow,
            ledger,
            start: None,
        };
        self.act(operation, message)
    }

    /// Returns the decision to delete a store pod.
    pub(super) fn delete(&self, pod: &StorePod) -> Decision {
        let operation = StoreOperation::DeletePod(pod.name.clone(), pod.version.clone());
        self.act(operation, "deleting a store pod that is no longer needed")
    }

    /// Returns the decision to wait for a store pod.
    pub(super) fn wait_for(&self, pod: &StorePod, message: &str) -> Decision {
        let summary = match &pod.progress {
            StoreProgress::Failing(why) => refused(format!("pod {}: {why}", pod.name)),
            StoreProgress::Unschedulable(since, why) => {
                let message = format!("pod {} cannot be scheduled: {why}", pod.name);
                if self.observed.now >= after(*since, STORE_SCHEDULING_TIMEOUT) {
                    Summary::stalled(Reason::Unschedulable, message)
                } else {
                    changing(message)
                }
            }
            StoreProgress::Working | StoreProgress::Done => changing(message),
        };
        self.wait(summary)
    }

    /// Returns the decision to wait until an object is deleted.
    pub(super) fn wait_until_gone(&self, what: &str, name: &str) -> Decision {
        self.wait(changing(format!("waiting for {what} {name} to be deleted")))
    }

    /// Returns the decision to wait for a change that may come without an event.
    pub(super) fn wait(&self, summary: Summary) -> Decision {
        Decision::idle(summary).requeue_after(self.observed, CHECK_PAUSE)
    }
}
