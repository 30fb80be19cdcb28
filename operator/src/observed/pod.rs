//! A pod of the gang: the state of its process, and how the process terminated last.

use agent::report::FailureKind;
use jiff::Timestamp;

use super::gang::Stamp;
use super::object::Version;

/// A pod with the gang's labels, independent of its owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pod {
    /// `metadata.name`.
    pub(crate) name: String,
    /// The precondition of a deletion.
    pub(crate) version: Version,
    /// `metadata.creationTimestamp`.
    pub(crate) created: Timestamp,
    /// The start that it belongs to; `None` if labels are missing.
    pub(crate) stamp: Option<Stamp>,
    /// The UID of its controller.
    pub(crate) controller: Option<String>,
    /// `metadata.deletionTimestamp`: the end of the grace period of a terminating pod.
    pub(crate) deleting: Option<Timestamp>,
    /// The node that it is bound to.
    pub(crate) node: Option<String>,
    /// Whether its Ready condition is true: its agent reports that the engine is connected to all others.
    pub(crate) ready: bool,
    /// The last transition time of its Ready condition.
    pub(crate) ready_changed: Timestamp,
    /// The message of the scheduler if no node fits.
    pub(crate) unschedulable: Option<String>,
    /// The state of its `process` container.
    pub(crate) state: ProcessState,
    /// The restart count of that container.
    pub(crate) restarts: i32,
    /// The last termination of that container.
    pub(crate) termination: Option<Termination>,
    /// The init container with the most failures, if one fails.
    pub(crate) init_failure: Option<InitFailure>,
}

impl Pod {
    /// Returns the start time of the `process` container if it is running.
    #[must_use]
    pub(crate) fn running_since(&self) -> Option<Timestamp> {
        match self.state {
            ProcessState::Running(since) => Some(since),
            ProcessState::Pending
            | ProcessState::Terminated
            | ProcessState::ImagePull { .. }
            | ProcessState::Refused(_) => None,
        }
    }
}

/// The state of the `process` container of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ProcessState {
    /// Not started: init containers have not completed, or the pod is not scheduled.
    Pending,
    /// Running since this time.
    Running(Timestamp),
    /// The container has terminated; the kubelet waits before it restarts it.
    Terminated,
    /// The image cannot be pulled.
    ImagePull {
        /// The image.
        image: String,
        /// The message of the kubelet.
        message: String,
    },
    /// The kubelet cannot create the container, for instance because a Secret is missing; its message.
    Refused(String),
}

/// The termination of a process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Termination {
    /// The time of the termination.
    pub(crate) at: Timestamp,
    /// The exit code; 128 plus the signal number after a signal.
    pub(crate) exit_code: i32,
    /// The kind of the failure.
    pub(crate) cause: Cause,
    /// The Python exception, or the operator's description of the termination.
    pub(crate) message: String,
    /// The id of the step of the user's dataflow that raised the exception.
    pub(crate) step: Option<String>,
    /// The user's file that raised the exception.
    pub(crate) file: Option<String>,
    /// The line in that file.
    pub(crate) line: Option<i64>,
}

impl Termination {
    /// Whether the process terminated because it lost the connection to another process.
    #[must_use]
    pub(crate) fn peer_lost(&self) -> bool {
        self.cause == Cause::Agent(FailureKind::PeerLost)
    }
}

/// The kind of a failure, and its source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    /// Reported by the agent.
    Agent(FailureKind),
    /// Reported by the kubelet, if there is no report of the agent: `OOMKilled`, `Error`.
    Kubelet(String),
}

impl Cause {
    /// Returns the reason for `status.lastFailure`.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Agent(kind) => kind.as_str(),
            Self::Kubelet(word) => word,
        }
    }
}

/// The failures of an init container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct InitFailure {
    /// The name of the container.
    pub(crate) container: String,
    /// The number of failures.
    pub(crate) failures: i32,
    /// The message of the last failure.
    pub(crate) message: String,
    /// The kind of the failure, if the agent reported it.
    pub(crate) kind: Option<FailureKind>,
}
