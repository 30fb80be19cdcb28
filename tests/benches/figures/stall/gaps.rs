//! Finds the longest gaps between the records of a flow in a period of time.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde::Deserialize;

use super::EPOCH;
use crate::Figure;
use crate::usage::waited;

/// Longest stall that the project promises, in milliseconds.
const LIMIT: f64 = 100.0;

/// A period of time, in nanoseconds since 1970.
pub(super) struct Span {
    from: u64,
    until: u64,
    /// Seconds for which the engine was ready to run but had no processor. On a machine with other load, they
    /// stall a flow with and without copies.
    waited: f64,
}

/// The gaps in a period of time, in milliseconds.
#[derive(Clone, Copy, Default)]
pub(super) struct Stretch {
    /// The longest time without a record.
    records: f64,
    /// The longest time without a new epoch.
    epochs: f64,
    /// Number of gaps between records that were longer than [`LIMIT`].
    over: usize,
    /// Milliseconds per second for which the engine waited for a processor.
    waited: f64,
}

/// Time and epoch of a counted number.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Record {
    time: u64,
    epoch: u64,
}

impl Record {
    pub(super) fn read(folder: &Path) -> Result<Vec<Self>> {
        let mut records: Vec<Self> = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let text = std::fs::read_to_string(entry?.path())?;
            for line in text
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'))
            {
                records.push(serde_json::from_str(line)?);
            }
        }
        records.sort_by_key(|record| record.time);
        Ok(records)
    }
}

impl Span {
    pub(super) fn watch(engine: u32, work: impl FnOnce() -> Result<()>) -> Result<Self> {
        let (from, before) = (now()?, waited(engine)?);
        work()?;
        Ok(Self {
            from,
            until: now()?,
            waited: waited(engine)? - before,
        })
    }

    pub(super) fn length(&self) -> Duration {
        Duration::from_nanos(self.until - self.from)
    }
}

impl Stretch {
    pub(super) fn of(records: &[Record], span: &Span) -> Self {
        let length = span.length().as_secs_f64();
        let within: Vec<&Record> = records
            .iter()
            .filter(|record| (span.from..span.until).contains(&record.time))
            .collect();
        let gaps = |times: Vec<u64>| -> Vec<f64> {
            let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
            gaps.map(|gap| Duration::from_nanos(gap).as_secs_f64() * 1000.0)
                .collect()
        };
        let largest = |gaps: &[f64]| gaps.iter().copied().fold(0.0, f64::max);
        let records = gaps(within.iter().map(|record| record.time).collect());
        let mut first = within.clone();
        first.dedup_by_key(|record| record.epoch);
        let epochs = gaps(first.iter().map(|record| record.time).collect());
        Self {
            records: largest(&records),
            epochs: largest(&epochs),
            over: records.iter().filter(|gap| **gap > LIMIT).count(),
            waited: span.waited / length * 1000.0,
        }
    }

    pub(super) fn worst(self, other: Self) -> Self {
        Self {
            records: self.records.max(other.records),
            epochs: self.epochs.max(other.epochs),
            over: self.over + other.over,
            waited: self.waited.max(other.waited),
        }
    }

    pub(super) fn figures(&self, when: &str) -> [Figure; 4] {
        [
            Figure::new(
                format!("longest time without a record, {when}"),
                format!("{:.0} ms", self.records),
            ),
            Figure::new(
                format!(
                    "longest time without a new epoch (of {} ms), {when}",
                    EPOCH.as_millis()
                ),
                format!("{:.0} ms", self.epochs),
            ),
            Figure::new(
                format!("times over {LIMIT} ms without a record, {when}"),
                self.over,
            ),
            Figure::new(
                format!("engine threads, waiting for a processor, {when}"),
                format!("{:.0} ms/s", self.waited),
            ),
        ]
    }
}

fn now() -> Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(u64::try_from(since.as_nanos())?)
}
