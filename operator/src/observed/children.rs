//! The child objects that a gang needs besides its `StatefulSet`.

use super::object::Version;

/// The state of one child object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ChildState {
    /// Missing; the operator has to create it.
    Absent,
    /// Existing, and equal to the desired object.
    Current,
    /// Owned by this Dataflow, and different from the desired object.
    Drifted(Version),
    /// Terminating.
    Terminating,
    /// An object with another owner or without one has the name; the text is `Kind name`.
    Foreign(String),
}

/// The states of the child objects of one revision.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ChildStates {
    /// The immutable ConfigMap with the code.
    pub(crate) code_config_map: ChildState,
    /// Whether the user's ConfigMap still contains the code of this revision, so that a missing copy can be written.
    pub(crate) code_available: bool,
    /// The `ControllerRevision`.
    pub(crate) record: ChildState,
    /// The headless Service.
    pub(crate) headless_service: ChildState,
    /// The Service in front of the agents.
    pub(crate) api_service: ChildState,
}
