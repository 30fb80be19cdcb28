//! The continuity checker: judges from the records of `fixtures/flows/continuity.py` whether state was exact.
//!
//! The numbers of every key are 1, 2, 3, ... For each number it is therefore known how many numbers the state
//! has seen, and their sum.
//!
//! A *source run* is the output of one source partition after one start of the engine. Its first record names
//! the number after which it resumes, in the epoch from which the engine resumed. Records of earlier source
//! runs count if their epoch is lower; the flow replays all others.
//!
//! Begin reading in `history.rs`, which compares each source run with the records before it.

mod anomaly;
mod history;
mod record;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use history::{History, SourceRun};
use record::Line;

pub use anomaly::{Anomaly, Kind};

/// Number of anomalies that an error message lists.
const NAMED: usize = 5;

/// Result of checking the records of one flow.
#[derive(Debug, Default)]
pub struct Continuity {
    /// All anomalies, sorted by key and source run.
    pub anomalies: Vec<Anomaly>,
    /// Number of records that were written again after a crash, which at-least-once output allows.
    pub replayed: usize,
    /// Number of source runs of all keys; one per key if the flow was never started again.
    pub source_runs: usize,
    /// The last number of each key that counts.
    pub highest: BTreeMap<String, u64>,
    /// The newest epoch in which one of these numbers was recorded.
    pub epoch: u64,
}

impl Continuity {
    /// Checks the records in the folder that `CONTINUITY_FOLDER` named.
    pub fn read(folder: &Path) -> Result<Self> {
        Self::read_restored(folder, &[])
    }

    /// Checks the records after restores that resumed at `resume_epochs`.
    ///
    /// Each restore explains one return to its epoch. Any other return is an anomaly, even if input and
    /// state returned together.
    pub fn read_restored(folder: &Path, resume_epochs: &[u64]) -> Result<Self> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            files.push(entry?.path());
        }
        files.retain(|path| path.extension() == Some("jsonl".as_ref()));
        // The order of a directory listing depends on the file system.
        files.sort();
        let mut source_runs = SourceRuns::new();
        for path in &files {
            add_records(path, &mut source_runs)?;
        }
        let mut continuity = Self::default();
        for (key, source_runs) in source_runs {
            continuity.source_runs += source_runs.len();
            let history = History::of(&key, source_runs.into_values(), resume_epochs);
            continuity.highest.insert(key, history.highest());
            continuity.epoch = continuity.epoch.max(history.epoch());
            continuity.replayed += history.replayed;
            continuity.anomalies.extend(history.anomalies);
        }
        Ok(continuity)
    }

    /// Returns the number of anomalies of this kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.anomalies
            .iter()
            .filter(|anomaly| anomaly.kind == kind)
            .count()
    }

    /// Whether there are exactly `keys` keys, and each has reached `number`.
    pub fn reached(&self, keys: usize, number: u64) -> bool {
        self.highest.len() == keys && self.highest.values().all(|highest| *highest >= number)
    }

    /// Returns an error that lists the first anomalies, if there are any. A folder without records is an error,
    /// too, because it proves nothing.
    pub fn exact(&self) -> Result<()> {
        ensure!(!self.highest.is_empty(), "no record was made");
        if self.anomalies.is_empty() {
            return Ok(());
        }
        let named: Vec<_> = self
            .anomalies
            .iter()
            .take(NAMED)
            .map(Anomaly::to_string)
            .collect();
        bail!(
            "{} anomalies, the first:\n{}",
            self.anomalies.len(),
            named.join("\n")
        )
    }
}

/// All source runs by key and start.
type SourceRuns = BTreeMap<String, BTreeMap<u64, SourceRun>>;

fn add_records(path: &Path, source_runs: &mut SourceRuns) -> Result<()> {
    let name = path.file_name().context("the file has no name")?;
    let file = name.to_string_lossy();
    let text = std::fs::read_to_string(path).with_context(|| file.to_string())?;
    // SIGKILL may leave an incomplete last line, without a line end.
    for line in text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
    {
        let line: Line = serde_json::from_str(line).with_context(|| format!("{file}: {line}"))?;
        let source_run = source_runs
            .entry(line.key)
            .or_default()
            .entry(line.source_run);
        source_run
            .or_default()
            .add(&file, line.record, line.epoch, line.time);
    }
    Ok(())
}
