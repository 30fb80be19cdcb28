//! A pod of the gang, as one pass sees it.

use agent::report::FailureKind;
use jiff::Timestamp;

use super::gang::Stamp;
use super::object::Version;

/// One pod that carries the labels of the gang, whoever owns it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pod {
    /// `metadata.name`.
    pub(crate) name: String,
    /// Precondition of a deletion.
    pub(crate) version: Version,
    /// `metadata.creationTimestamp`.
    pub(crate) created: Timestamp,
    /// What it belongs to; `None` when labels are missing.
    pub(crate) stamp: Option<Stamp>,
    /// Uid of the controlling owner.
    pub(crate) controller: Option<String>,
    /// When its grace ends, once somebody deleted it.
    pub(crate) deleting: Option<Timestamp>,
    /// The node it is bound to.
    pub(crate) node: Option<String>,
    /// Whether its agent says that the gang has formed.
    pub(crate) ready: bool,
    /// When that last changed.
    pub(crate) ready_changed: Timestamp,
    /// The scheduler's words when it finds no node.
    pub(crate) unschedulable: Option<String>,
    /// The `process` container.
    pub(crate) state: ProcessState,
    /// How often that container was started again.
    pub(crate) restarts: i32,
    /// Its newest end.
    pub(crate) termination: Option<Termination>,
    /// An init container that fails again and again: name, failures, last words.
    pub(crate) init_failure: Option<InitFailure>,
}

impl Pod {
    /// Whether the process container runs now.
    #[must_use]
    pub(crate) fn running_since(&self) -> Option<Timestamp> {
        match self.state {
            ProcessState::Running(since) => Some(since),
            ProcessState::Pending
            | ProcessState::Ended
            | ProcessState::ImagePull { .. }
            | ProcessState::Refused(_) => None,
        }
    }
}

/// What the `process` container of a pod is doing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ProcessState {
    /// Not started: earlier containers of the pod are not through, or it is not scheduled.
    Pending,
    /// Started at this time and still running.
    Running(Timestamp),
    /// Ended, and the kubelet waits before it starts it again.
    Ended,
    /// Its image cannot be pulled.
    ImagePull {
        /// The image.
        image: String,
        /// The kubelet's words.
        message: String,
    },
    /// The kubelet cannot create it, for instance because a Secret is missing; its words.
    Refused(String),
}

/// Why a process ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Termination {
    /// When.
    pub(crate) at: Timestamp,
    /// Its exit code, or 128 and the signal.
    pub(crate) exit_code: i32,
    /// What kind of failure it was.
    pub(crate) cause: Cause,
    /// The exception in the words of Python, or a sentence of ours.
    pub(crate) message: String,
    /// Operation id of the dataflow the exception came from.
    pub(crate) step: Option<String>,
    /// The user's file.
    pub(crate) file: Option<String>,
    /// The line in that file.
    pub(crate) line: Option<i64>,
}

impl Termination {
    /// Whether the process died only because another process of the gang did.
    #[must_use]
    pub(crate) fn peer_lost(&self) -> bool {
        self.cause == Cause::Agent(FailureKind::PeerLost)
    }
}

/// The kind of a failure, and who names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    /// The agent, in its report.
    Agent(FailureKind),
    /// The kubelet, where there is no report: `OOMKilled`, `Error`.
    Kubelet(String),
}

impl Cause {
    /// The word that stands in status.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Agent(kind) => kind.as_str(),
            Self::Kubelet(word) => word,
        }
    }
}

/// A container of ours that fails before the process can start.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct InitFailure {
    /// Container name.
    pub(crate) container: String,
    /// How often it has failed.
    pub(crate) failures: i32,
    /// Its last words.
    pub(crate) message: String,
    /// The kind of failure, if the agent says it.
    pub(crate) kind: Option<FailureKind>,
}
