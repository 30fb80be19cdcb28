//! Objects that this Dataflow owns and no longer needs.

use super::object::Version;

/// An owned object that is no longer needed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Obsolete {
    /// The kind of the object.
    pub(crate) kind: ObsoleteKind,
    /// `metadata.name`.
    pub(crate) name: String,
    /// The precondition of its deletion.
    pub(crate) version: Version,
}

/// The kinds of objects that accumulate with every change of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ObsoleteKind {
    /// A `ControllerRevision` beyond the newest five.
    Record,
    /// A code ConfigMap that no kept revision refers to.
    CodeConfigMap,
}
