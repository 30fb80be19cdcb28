//! The names of Dataflows that want a look.

use std::sync::{Arc, Mutex, PoisonError};

use dataflow::spec::Dataflow;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use kube::runtime::reflector::ObjectRef;

/// Where watches put names, and one leader takes them from.
///
/// While nobody leads, names are dropped: a new leader begins by looking at everything.
#[derive(Clone, Default)]
pub(crate) struct Queue {
    sender: Arc<Mutex<Option<UnboundedSender<ObjectRef<Dataflow>>>>>,
}

impl Queue {
    /// Asks for a look at one Dataflow.
    pub(crate) fn push(&self, dataflow: ObjectRef<Dataflow>) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sender.as_ref() {
            // Fails only while the leader's term ends, and then the next one looks at everything.
            sender.unbounded_send(dataflow).ok();
        }
    }

    /// Begins a term: from now on names are kept until they are taken.
    #[must_use]
    pub(crate) fn open(&self) -> UnboundedReceiver<ObjectRef<Dataflow>> {
        let (sender, receiver) = unbounded();
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    /// Ends a term: the receiver comes to its end.
    pub(crate) fn close(&self) {
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
