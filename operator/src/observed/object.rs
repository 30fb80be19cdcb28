//! The identity of API objects, and the owner of an object name.

/// The identity and version of one object: the precondition of every write that changes or deletes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Version {
    /// `metadata.uid`.
    pub(crate) uid: String,
    /// `metadata.resourceVersion`.
    pub(crate) resource_version: String,
}

/// The owner of an object name in the namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ownership<T> {
    /// No object has the name.
    Absent,
    /// An object that is terminating has the name.
    Terminating,
    /// An object of an earlier Dataflow of the same name. The garbage collector will delete it.
    Inherited,
    /// An object with another owner or without one; the text is `Kind name`.
    Foreign(String),
    /// An object that this Dataflow owns.
    Owned(T),
}

impl<T> Ownership<T> {
    /// Returns the object if this Dataflow owns it.
    #[must_use]
    pub(crate) fn owned(&self) -> Option<&T> {
        match self {
            Self::Owned(value) => Some(value),
            Self::Absent | Self::Terminating | Self::Inherited | Self::Foreign(_) => None,
        }
    }
}
