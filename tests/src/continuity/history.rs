//! Compares the source runs of one key with each other, in the order of their start, and collects anomalies.

use std::collections::BTreeSet;

use super::anomaly::{Anomaly, Kind};
use super::record::{Record, Seen};

/// The recorded output of one source partition after one start.
#[derive(Default)]
pub(super) struct SourceRun {
    /// The number after which the source resumed, and the epoch of that record.
    resumed: Option<(u64, u64)>,
    /// The files that contain its numbers. There must be only one: one process has all numbers of a key.
    files: BTreeSet<String>,
    seen: Vec<(Seen, u64)>,
    first: u64,
    last: u64,
}

impl SourceRun {
    pub(super) fn add(&mut self, file: &str, record: Record, epoch: u64, time: u64) {
        match record {
            Record::Resumed { resumed } => self.resumed = Some((resumed, epoch)),
            Record::Seen(seen) => {
                self.files.insert(file.to_owned());
                self.seen.push((seen, epoch));
            }
        }
        self.first = if self.first == 0 {
            time
        } else {
            self.first.min(time)
        };
        self.last = self.last.max(time);
    }

    /// Returns the number after which the source resumed, and the epoch. Without a record of that, both are
    /// derived from the first number.
    fn beginning(&self) -> Option<(u64, u64)> {
        let first = self.seen.first();
        self.resumed
            .or_else(|| first.map(|(seen, epoch)| (seen.number.saturating_sub(1), *epoch)))
    }
}

/// The records of one key so far, with the anomalies among them.
#[derive(Debug, Default)]
pub(super) struct History {
    key: String,
    /// Index of the source run that is judged, from 1.
    source_run: usize,
    pub anomalies: Vec<Anomaly>,
    pub replayed: usize,
    /// Number and epoch of every record that counts. Records that a later source run replays are removed.
    counted: Vec<(u64, u64)>,
    /// Deviation of the state's count and sum. It is reported once when it changes, not for every record.
    deviation: (i128, i128),
    /// Time of the newest record.
    latest: u64,
    /// Resume epochs of restores that no source run has used yet.
    restores: Vec<u64>,
}

impl History {
    /// Judges the source runs of `key`, which must be sorted by their start.
    pub(super) fn of(
        key: &str,
        source_runs: impl Iterator<Item = SourceRun>,
        resume_epochs: &[u64],
    ) -> Self {
        let mut history = Self {
            key: key.to_owned(),
            restores: resume_epochs.to_vec(),
            ..Self::default()
        };
        for source_run in source_runs {
            history.judge(&source_run);
        }
        history
    }

    /// Returns the newest epoch of a record that counts.
    pub(super) fn epoch(&self) -> u64 {
        self.counted.last().map_or(0, |(_, epoch)| *epoch)
    }

    /// Returns the last number that counts.
    pub(super) fn highest(&self) -> u64 {
        self.counted.last().map_or(0, |(number, _)| *number)
    }

    fn judge(&mut self, source_run: &SourceRun) {
        self.source_run += 1;
        if source_run.first < self.latest || source_run.files.len() > 1 {
            self.fault(Kind::TwoWriters, "beside another one");
        }
        self.latest = self.latest.max(source_run.last);
        if let Some((number, epoch)) = source_run.beginning() {
            self.resume(number, epoch);
        }
        for (seen, epoch) in &source_run.seen {
            self.number(seen.number, *epoch);
            self.state(seen);
        }
    }

    /// Compares the beginning of a source run with the records that were durable before its epoch.
    fn resume(&mut self, number: u64, epoch: u64) {
        let newest = self.epoch();
        // A source begins an epoch only when the one before it is durable, so a crash replays one epoch at most.
        if newest > epoch && !self.restored(epoch) {
            let what = format!("resumes at epoch {epoch} after epoch {newest}");
            self.fault(Self::fallen(number), &what);
        }
        let before = self.counted.len();
        self.counted.retain(|(_, counted)| *counted < epoch);
        self.replayed += before - self.counted.len();
        let durable = self.highest();
        if number != durable {
            let what =
                format!("resumes after {number} at epoch {epoch}, {durable} had been durable");
            let kind = if number > durable {
                Kind::Gap
            } else {
                Self::fallen(number)
            };
            self.fault(kind, &what);
            self.counted.retain(|(counted, _)| *counted <= number);
            self.counted.push((number, 0));
        }
    }

    /// Consumes a restore that explains resuming at `epoch`. A gang that crashes right after a restore may
    /// resume at a later epoch than the restore did.
    fn restored(&mut self, epoch: u64) -> bool {
        let explains = self.restores.iter().position(|restore| *restore <= epoch);
        explains.map(|index| self.restores.remove(index)).is_some()
    }

    fn fallen(number: u64) -> Kind {
        if number == 0 {
            Kind::RestartedFromZero
        } else {
            Kind::Doubled
        }
    }

    fn number(&mut self, number: u64, epoch: u64) {
        let last = self.highest();
        if number != last + 1 {
            let kind = match number {
                number if number > last => Kind::Gap,
                1 => Kind::RestartedFromZero,
                _ => Kind::Doubled,
            };
            self.fault(kind, &format!("{number} follows {last}"));
        }
        self.counted.push((number, epoch));
    }

    fn state(&mut self, seen: &Seen) {
        let number = i128::from(seen.number);
        let deviation = (
            i128::from(seen.count) - number,
            i128::from(seen.sum) - number * (number + 1) / 2,
        );
        if let Some(anomaly) = &seen.anomaly {
            self.fault(Kind::WrongState, anomaly);
        } else if deviation != self.deviation && deviation != (0, 0) {
            let (count, sum) = (seen.count, seen.sum);
            let what = format!("after {number}: {count} numbers with the sum {sum}");
            self.fault(Kind::WrongState, &what);
        }
        self.deviation = deviation;
    }

    fn fault(&mut self, kind: Kind, what: &str) {
        let what = format!("{}, source run {}: {what}", self.key, self.source_run);
        self.anomalies.push(Anomaly { kind, what });
    }
}
