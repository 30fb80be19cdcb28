//! The lines that `fixtures/flows/continuity.py` writes.

use serde::Deserialize;

/// One line, as the flow writes it.
#[derive(Deserialize)]
pub(super) struct Line {
    /// Whose line it is.
    pub(super) key: String,
    /// When its source partition started: what tells source runs apart.
    pub(super) source_run: u64,
    #[serde(flatten)]
    pub(super) record: Record,
    /// The engine's epoch.
    pub(super) epoch: u64,
    /// Nanoseconds since 1970 on the machine that all processes share.
    pub(super) time: u64,
}

/// What happened.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Record {
    /// The source told after which number it resumes.
    Resumed { resumed: u64 },
    /// The stateful step saw a number.
    Seen(Seen),
}

/// A number, and the state after it.
#[derive(Deserialize)]
pub(super) struct Seen {
    /// The number.
    pub(super) number: u64,
    /// How many numbers the state has seen.
    pub(super) count: u64,
    /// Their sum.
    pub(super) sum: u64,
    /// What the step itself found wrong.
    pub(super) anomaly: Option<String>,
}
