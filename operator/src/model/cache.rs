//! What one operator believes, and what it is in the middle of.

use dataflow::plan::StoreLayout;

use super::cluster::{Children, Flow, Mark, Pod, Probe, Set};
use super::volumes::Objects;

/// What one operator believes, and what it is in the middle of.
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

/// A start is two writes; between them everything may happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Pending {
    #[default]
    Nothing,
    /// It has listed the pods and is about to draw a number.
    Draw {
        mark: Mark,
        set: Option<(u8, u16)>,
        flow: u16,
        orders: Option<StoreLayout>,
    },
    /// It has drawn the number and is about to write the template.
    Write {
        mark: Mark,
        set: Option<(u8, u16)>,
        orders: Option<StoreLayout>,
    },
}
