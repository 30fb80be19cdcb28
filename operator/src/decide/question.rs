//! The questions of a decision about facts that no cache holds.

/// A question, and who answers it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// The pods that exist; listed from the API server.
    Pods,
    /// The state of each process, and whether its engine has reached the end of its input; asked from its agent.
    Processes,
    /// The steps that have state in the recovery store; asked from every agent.
    StoredSteps,
    /// The backup reports; asked from every agent.
    Backups,
    /// The epoch at which the engines resumed; asked from every agent.
    Resumption,
    /// The contents of the recovery volumes; read from the log of the store pod of this name.
    Inspection(String),
}
