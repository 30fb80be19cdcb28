//! What a decision about the store is about, and the deeds that come of it.

use dataflow::status::Reason;

use super::summary::{changing, refused};
use crate::decide::decision::Decision;
use crate::decide::operation::{Operation, StoreOperation};
use crate::decide::summary::Summary;
use crate::decide::timeouts::{STORE_SCHEDULING_TIMEOUT, after};
use crate::observed::{Goal, Observed, RevisionRef, StoreLedger, StorePod, StoreProgress};

/// How often to look for something that may come without an event, in seconds.
pub(super) const LOOK_AGAIN: i64 = 5;

/// A goal, and the world in which its store is to be made ready.
pub(super) struct Subject<'a> {
    pub(super) observed: &'a Observed,
    pub(super) which: RevisionRef,
    pub(super) goal: &'a Goal,
}

impl Subject<'_> {
    /// Does one thing about the store.
    pub(super) fn act(&self, operation: StoreOperation, message: &str) -> Decision {
        Decision::act(Operation::Store(self.which, operation), changing(message))
    }

    /// Writes the ledger.
    pub(super) fn write(&self, ledger: StoreLedger, message: &str) -> Decision {
        let dataflow = self.observed.dataflow.clone();
        let operation = StoreOperation::WriteLedger {
            dataflow,
            ledger,
            start: None,
        };
        self.act(operation, message)
    }

    /// Deletes a pod that has nothing to do any more.
    pub(super) fn delete(&self, pod: &StorePod) -> Decision {
        let operation = StoreOperation::DeletePod(pod.name.clone(), pod.version.clone());
        self.act(operation, "tidies up")
    }

    /// Waits for a pod to do its work.
    pub(super) fn wait_for(&self, pod: &StorePod, message: &str) -> Decision {
        let summary = match &pod.progress {
            StoreProgress::Failing(why) => refused(format!("pod {}: {why}", pod.name)),
            StoreProgress::Unschedulable(since, why) => {
                let message = format!("pod {} finds no node: {why}", pod.name);
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

    /// Waits for something that is about to go.
    pub(super) fn wait_until_gone(&self, what: &str, name: &str) -> Decision {
        self.wait(changing(format!("waits until {what} {name} is gone")))
    }

    /// Waits for something that may come without an event.
    pub(super) fn wait(&self, summary: Summary) -> Decision {
        Decision::idle(summary).requeue_after(self.observed, LOOK_AGAIN)
    }
}
