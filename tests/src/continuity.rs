//! Says whether a run of `fixtures/flows/continuity.py` was exact, from the records that it left.
//!
//! Every key's numbers are 1, 2, 3, ..., so count and sum of what its state has seen are known for each
//! number. A *source run* is what one source partition emits from its start on. It begins by saying after
//! which number it resumes, in the epoch from which the engine resumed: of what earlier source runs
//! recorded, exactly the epochs before that one count, the rest is replayed.

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

/// How many anomalies an error names; more of them say nothing new.
const NAMED: usize = 5;

/// What the records of one run say.
#[derive(Debug, Default)]
pub struct Continuity {
    /// All faults, in the order of keys and source runs.
    pub anomalies: Vec<Anomaly>,
    /// How many records were made again after a crash, which at-least-once output allows.
    pub replayed: usize,
    /// How many source runs there were over all keys; 1 per key in a run without a crash.
    pub source_runs: usize,
    /// The last number that counts, by key.
    pub highest: BTreeMap<String, u64>,
    /// The newest epoch in which one of them was recorded.
    pub epoch: u64,
}

impl Continuity {
    /// Reads the folder that `CONTINUITY_FOLDER` named.
    pub fn read(folder: &Path) -> Result<Self> {
        Self::read_restored(folder, &[])
    }

    /// Like [`Continuity::read`], after restores that resumed at `resume_epochs`: each may go back as
    /// far as it says, once. A fall without one is a fault even when input and state fell together.
    pub fn read_restored(folder: &Path, resume_epochs: &[u64]) -> Result<Self> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            files.push(entry?.path());
        }
        files.retain(|path| path.extension() == Some("jsonl".as_ref()));
        // Each file system lists them in an order of its own.
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

    /// How many faults of this kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.anomalies
            .iter()
            .filter(|anomaly| anomaly.kind == kind)
            .count()
    }

    /// Whether each of `keys` keys has got to `number`.
    pub fn reached(&self, keys: usize, number: u64) -> bool {
        self.highest.len() == keys && self.highest.values().all(|highest| *highest >= number)
    }

    /// Nothing, or an error that names the first faults. A run without any record is no proof.
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
    let name = path.file_name().context("a listed file has a name")?;
    let file = name.to_string_lossy();
    let text = std::fs::read_to_string(path).with_context(|| file.to_string())?;
    // SIGKILL may tear the last line, which then has no end.
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
