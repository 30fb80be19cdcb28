//! The cache of one operator, and its unfinished start.

use dataflow::plan::StoreLayout;

use super::cluster::{Children, Flow, Mark, Pod, Probe, Set};
use super::volumes::Objects;

/// The cache of one operator, and its unfinished start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Operator {
    pub(super) flow: Option<Flow>,
    pub(super) set: Option<Set>,
    pub(super) pods: Vec<Pod>,
    pub(super) probes: Vec<Probe>,
    pub(super) children: Children,
    pub(super) objects: Objects,
    pub(super) pending: Pending,
}

/// The progress of a start. It has two writes, and any event may happen between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Pending {
    #[default]
    Nothing,
    /// The operator has listed the pods, and will allocate a start number next.
    AllocateStart {
        mark: Mark,
        set: Option<(u8, u16)>,
        flow: u16,
        layout: Option<StoreLayout>,
    },
    /// The operator has allocated the start number, and will write the template next.
    Write {
        mark: Mark,
        set: Option<(u8, u16)>,
        layout: Option<StoreLayout>,
    },
}
