//! Objects that nothing needs any more.

use super::object::Version;

/// An owned object that nothing needs any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Surplus {
    /// What it is.
    pub(crate) kind: SurplusKind,
    /// `metadata.name`.
    pub(crate) name: String,
    /// Precondition of its deletion.
    pub(crate) version: Version,
}

/// The kinds that pile up when a flow changes often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SurplusKind {
    /// A `ControllerRevision` beyond the newest five.
    Record,
    /// A code ConfigMap that no kept revision refers to.
    CodeConfigMap,
}
