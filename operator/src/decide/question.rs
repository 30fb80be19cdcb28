//! What a decision may have to know that no cache holds.

/// One thing to find out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// Which pods exist; the API server itself is asked.
    Pods,
    /// What each process does, and whether its engine has reached the end of its input; its agent
    /// is asked.
    Processes,
    /// Which steps have state in the recovery store; every agent is asked.
    StoredSteps,
    /// How the copies in the bucket stand; every agent is asked.
    Backups,
    /// Where the engines went on; every agent is asked.
    Resumption,
    /// What the pod of this name has found on the recovery volumes; its log is read.
    Inspection(String),
}
