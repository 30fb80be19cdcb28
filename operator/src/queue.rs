//! The work queue: names of Dataflows that are due for a reconcile.

use std::sync::{Arc, Mutex, PoisonError};

use dataflow::spec::Dataflow;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use kube::runtime::reflector::ObjectRef;

/// Queue that the watches fill and the leader empties.
///
/// While this operator is not the leader, names are dropped: a new leader first queues every Dataflow.
#[derive(Clone, Default)]
pub(crate) struct Queue {
    sender: Arc<Mutex<Option<UnboundedSender<ObjectRef<Dataflow>>>>>,
}

impl Queue {
    /// Queues one Dataflow.
    pub(crate) fn push(&self, dataflow: ObjectRef<Dataflow>) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sender.as_ref() {
            // Race: fails only while the leader's term ends; the next leader queues every Dataflow.
            sender.unbounded_send(dataflow).ok();
        }
    }

    /// Begins a term as leader: names are kept until the receiver takes them.
    #[must_use]
    pub(crate) fn open(&self) -> UnboundedReceiver<ObjectRef<Dataflow>> {
        let (sender, receiver) = unbounded();
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    /// Ends the term: the receiver returns no more names after those that are queued.
    pub(crate) fn close(&self) {
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
