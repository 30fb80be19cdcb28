//! The children that a gang needs besides its `StatefulSet`.

use super::object::Version;

/// How far one child that is written once and then only compared has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// It has to be created.
    Absent,
    /// It is as it should be.
    Current,
    /// It is ours and differs from what it should be.
    Drifted(Version),
    /// It is being deleted.
    Leaving,
    /// Somebody else's object holds the name; `Kind name`.
    Taken(String),
}

/// The children that a gang needs besides its `StatefulSet`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Parts {
    /// The immutable copy of the code.
    pub(crate) code_config_map: Part,
    /// Whether the code to write a missing code ConfigMap from can be read.
    pub(crate) code_available: bool,
    /// The `ControllerRevision`.
    pub(crate) record: Part,
    /// The headless Service.
    pub(crate) headless_service: Part,
    /// The Service in front of the agents.
    pub(crate) api_service: Part,
}
