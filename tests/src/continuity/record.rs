//! Parses the lines that `fixtures/flows/continuity.py` writes.

use serde::Deserialize;

/// One line of a record file.
#[derive(Deserialize)]
pub(super) struct Line {
    /// Key to which the line belongs.
    pub(super) key: String,
    /// Start time of the source partition, which identifies the source run.
    pub(super) source_run: u64,
    #[serde(flatten)]
    pub(super) record: Record,
    /// Epoch of the engine.
    pub(super) epoch: u64,
    /// Nanoseconds since 1970. All processes run on one machine, so these times are comparable.
    pub(super) time: u64,
}

/// Content of a line.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Record {
    /// The source resumes after this number.
    Resumed { resumed: u64 },
    /// The stateful step processed a number.
    Seen(Seen),
}

/// A number, and the state of the step after it.
#[derive(Deserialize)]
pub(super) struct Seen {
    /// The processed number.
    pub(super) number: u64,
    /// How many numbers the state counts.
    pub(super) count: u64,
    /// Sum of these numbers.
    pub(super) sum: u64,
    /// Anomaly that the step itself found.
    pub(super) anomaly: Option<String>,
}
