//! The agent that the pods of a revision run: its image, and the names that this image understands.

use serde::{Deserialize, Serialize};

/// The agent of a revision. The record of the revision pins both fields together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The agent's image, pinned so that a new operator restarts nothing.
    #[serde(rename = "agentImage")]
    pub image: String,
    /// The names that this image understands.
    #[serde(rename = "agentInterface", default)]
    pub interface: AgentInterface,
}

/// Version of the names by which the operator calls an agent: roles and `WAXRUN_*` variables.
///
/// A revision keeps its agent image when the operator is upgraded, also at its next start. So its pods
/// need the names that its own image understands, not those of the newest agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentInterface(u32);

impl Agent {
    /// Returns the agent of a revision that has no record yet.
    #[must_use]
    pub fn current(image: impl Into<String>) -> Self {
        Self {
            image: image.into(),
            interface: AgentInterface::CURRENT,
        }
    }
}

impl AgentInterface {
    /// The names that the agent of this release understands. A new value needs a new version of the project, because that
    /// is the tag of the agent's image; a test compares them.
    pub const CURRENT: Self = Self(2);

    /// Returns the name of the sidecar's role and container.
    pub(super) fn sidecar(self) -> &'static str {
        match self {
            Self(..2) => crate::reserved::KEEP,
            Self(_) => crate::reserved::SIDECAR,
        }
    }

    /// Returns the name of the sidecar in the pods of other interfaces. No container of the platform has it in the pods
    /// of this one.
    #[must_use]
    pub fn unused_container(self) -> &'static str {
        match self {
            Self(..2) => crate::reserved::SIDECAR,
            Self(_) => crate::reserved::KEEP,
        }
    }

    /// Returns the variable that names the kind of a store change.
    pub(super) fn change_variable(self) -> &'static str {
        match self {
            Self(..2) => "WAXRUN_STORE_JOB",
            Self(_) => "WAXRUN_STORE_CHANGE",
        }
    }
}

impl Default for AgentInterface {
    /// The version of records that were written before there was a second one.
    fn default() -> Self {
        Self(1)
    }
}
