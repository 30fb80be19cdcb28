//! The report of the agent of one process about its engine.

/// The report of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ProcessReport {
    /// The start number that the process runs.
    pub(crate) start: i64,
    /// Whether the engine reached the end of its input in that start.
    pub(crate) ended: bool,
    /// Whether the engine runs.
    pub(crate) running: bool,
    /// Whether the engine is connected to all others.
    pub(crate) formed: bool,
    /// The index of the process.
    pub(crate) process: u32,
    /// The wait of the process for others; `None` if it does not wait.
    pub(crate) waits: Option<Waits>,
}

/// A wait for other processes: before the engine may start, or after its end until all engines have ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Waits {
    /// The processes that are missing or belong to another gang, as the agent reports them.
    pub(crate) reason: String,
    /// Whether the wait has lasted longer than other processes should take.
    pub(crate) overdue: bool,
}
