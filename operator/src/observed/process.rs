//! What the agent of one process says about its engine.

/// What one agent answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ProcessReport {
    /// The start number it runs.
    pub(crate) start: i64,
    /// Whether its engine reached the end of its input in that start.
    pub(crate) ended: bool,
    /// Whether its engine runs.
    pub(crate) running: bool,
    /// Whether its engine is connected to all others.
    pub(crate) formed: bool,
    /// The index of its process.
    pub(crate) process: u32,
    /// What the process waits for, if it waits for others.
    pub(crate) waits: Option<Waits>,
}

/// What a process waits for before its engine may start, or before all have ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Waits {
    /// Who is missing or differs, in the agent's words.
    pub(crate) reason: String,
    /// Whether it waits longer than others should take.
    pub(crate) overdue: bool,
}
