//! Identity of the Dataflow whose children are looked up.

use dataflow::spec::Dataflow;
use kube::ResourceExt;

/// Namespace, name and UID by which children refer to their Dataflow.
pub(super) struct Identity {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
}

impl Identity {
    pub(super) fn new(dataflow: &Dataflow) -> Self {
        Self {
            namespace: dataflow.namespace().unwrap_or_default(),
            name: dataflow.name_any(),
            uid: dataflow.metadata.uid.clone().unwrap_or_default(),
        }
    }
}
