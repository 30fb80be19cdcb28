//! The desired state: one revision with a number of processes, and how the spec determines it.

use jiff::Timestamp;

use super::backups::DesiredBackup;
use super::children::ChildStates;
use super::recovery::DesiredStore;

/// One revision with a number of processes, which the operator can start.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Goal {
    /// The revision of spec and code.
    pub(crate) revision: String,
    /// The number of processes.
    pub(crate) processes: i32,
    /// The current restart request, from the annotation.
    pub(crate) restarted_at: Option<String>,
    /// Whether the pods stay after the end of input.
    pub(crate) keep_alive: bool,
    /// The recovery store that it needs; `None` if it keeps no state.
    pub(crate) store: Option<DesiredStore>,
    /// The backups of the recovery store; `None` if backups are off.
    pub(crate) backup: Option<DesiredBackup>,
    /// The states of its child objects.
    pub(crate) children: ChildStates,
}

/// The state that the spec asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "there is one for each reconcile")]
pub(crate) enum Target {
    /// A gang of this revision and number of processes.
    Run(Goal),
    /// No gang, because `spec.suspend` is set. The code was not read.
    Suspended,
    /// No gang, because the spec is invalid.
    Refused {
        /// Whether every fault is a published field that this release does not support yet.
        not_supported: bool,
        /// The list of all faults.
        message: String,
    },
    /// No gang, because an object that the spec refers to does not exist.
    Missing {
        /// The message that names the missing object.
        message: String,
        /// The time since which status has reported that the operator waits for it.
        waiting_since: Option<Timestamp>,
        /// Whether status already reports that the wait timed out.
        given_up: bool,
    },
}

impl Target {
    /// Returns the gang that the spec asks for, if any.
    #[must_use]
    pub(crate) fn goal(&self) -> Option<&Goal> {
        match self {
            Self::Run(goal) => Some(goal),
            Self::Suspended | Self::Refused { .. } | Self::Missing { .. } => None,
        }
    }
}

/// A reference to one of the two revisions of a reconcile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RevisionRef {
    /// The revision that the spec asks for.
    Target,
    /// The revision that ran last, from its `ControllerRevision`.
    Running,
}
