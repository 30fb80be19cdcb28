//! Identity of API objects, and who holds a name.

/// The identity and age of one object, the precondition of every write that changes or deletes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Version {
    /// `metadata.uid`.
    pub(crate) uid: String,
    /// `metadata.resourceVersion`.
    pub(crate) resource_version: String,
}

/// A name in the namespace and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ownership<T> {
    /// Nobody.
    Absent,
    /// An object that is being deleted.
    Terminating,
    /// An object of an earlier Dataflow of this name, which the garbage collector is about to delete.
    Inherited,
    /// An object that is not ours, named `Kind name`.
    Foreign(String),
    /// Ours.
    Owned(T),
}

impl<T> Ownership<T> {
    /// The object that is ours.
    #[must_use]
    pub(crate) fn owned(&self) -> Option<&T> {
        match self {
            Self::Owned(value) => Some(value),
            Self::Absent | Self::Terminating | Self::Inherited | Self::Foreign(_) => None,
        }
    }
}
