//! What a Dataflow can be brought to, and what its spec asks for.

use jiff::Timestamp;

use super::backups::DesiredBackup;
use super::children::ChildStates;
use super::recovery::DesiredStore;

/// One state of the world that a Dataflow can be brought to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Goal {
    /// Revision of spec and code.
    pub(crate) revision: String,
    /// Number of processes.
    pub(crate) size: i32,
    /// Restart request in force.
    pub(crate) restarted_at: Option<String>,
    /// Whether pods stay after the end of input.
    pub(crate) keep_alive: bool,
    /// The recovery store it needs, if it keeps state.
    pub(crate) store: Option<DesiredStore>,
    /// The copies of it, if any are made.
    pub(crate) backup: Option<DesiredBackup>,
    /// Where its children stand.
    pub(crate) children: ChildStates,
}

/// What the spec asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "there is one for each pass")]
pub(crate) enum Target {
    /// A gang.
    Run(Goal),
    /// Nothing: the flow is suspended, and nobody asked what it would run.
    Suspended,
    /// The spec cannot be run as it is written.
    Refused {
        /// Whether every fault is a published field that this release does not build.
        not_supported: bool,
        /// All faults.
        message: String,
    },
    /// Something that the spec refers to does not exist.
    Missing {
        /// What is missing.
        message: String,
        /// Since when the status has said that we wait for it.
        waiting_since: Option<Timestamp>,
        /// Whether the status has given up waiting.
        given_up: bool,
    },
}

impl Target {
    /// The gang that is asked for.
    #[must_use]
    pub(crate) fn goal(&self) -> Option<&Goal> {
        match self {
            Self::Run(goal) => Some(goal),
            Self::Suspended | Self::Refused { .. } | Self::Missing { .. } => None,
        }
    }
}

/// One of the two revisions that a pass knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RevisionRef {
    /// What the spec asks for.
    Target,
    /// What last ran, from its record.
    Running,
}
