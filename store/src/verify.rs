//! Whether a volume holds exactly what the orders say.

use std::collections::BTreeMap;

use crate::{
    fault::{Fault, FaultKind, Refusal},
    partition::{PartitionError, PartitionFacts},
    volume::{Contents, Record, RecordError, Volume, partition_name},
};

mod expectation;
mod file;

pub(crate) use expectation::Expectation;

use expectation::FROM_BACKUP;

/// Compares a volume with what it should hold; opens partitions, so the caller holds the lock.
pub(crate) fn verify(
    volume: &Volume,
    expected: &Expectation<'_>,
) -> Result<Vec<PartitionFacts>, Refusal> {
    let contents = volume.contents()?;
    let mut faults = record_faults(volume, expected, &contents);
    faults.extend(name_faults(volume, expected, &contents));
    let mut facts = Vec::new();
    let open = expected.placement.on(volume.ordinal).filter(|index| {
        contents.partitions.contains(index) && expected.open.is_none_or(|open| open.contains(index))
    });
    for index in open {
        match file::facts(volume, index) {
            Ok(found) => {
                faults.extend(file::faults(volume, expected, &contents, index, &found));
                facts.push(found);
            }
            Err(error) => match refusal(volume, index, error) {
                Refusal::Faults(found) => faults.extend(found),
                refusal => return Err(refusal),
            },
        }
    }
    if faults.is_empty() {
        Ok(facts)
    } else {
        Err(Refusal::Faults(faults))
    }
}

/// Judges the records alone.
pub(crate) fn records(
    volumes: &BTreeMap<u32, Volume>,
    expected: &Expectation<'_>,
) -> Result<Vec<Fault>, Refusal> {
    let mut faults = Vec::new();
    for volume in volumes.values() {
        faults.extend(record_faults(volume, expected, &volume.contents()?));
    }
    Ok(faults)
}

/// A partition that can't be used: a fault of the file, or of the moment.
pub(crate) fn refusal(volume: &Volume, index: u32, error: PartitionError) -> Refusal {
    match error {
        // A full disk, a reader that is still there: the file itself may be as good as ever.
        PartitionError::Busy(_) | PartitionError::Sqlite(_) => Refusal::Partition {
            path: volume.partition(index),
            source: error,
        },
        _ => Refusal::Faults(vec![file::unusable(volume, index, &error)]),
    }
}

/// Judges the record.
fn record_faults(volume: &Volume, expected: &Expectation<'_>, contents: &Contents) -> Vec<Fault> {
    let fault = |kind, sentence| Fault::volume(volume, kind, sentence);
    match volume.record() {
        Ok(Some(record)) => misfits(volume, expected, &record),
        Ok(None) if contents.is_untouched() => Vec::new(),
        Ok(None) => vec![fault(
            FaultKind::Foreign,
            "it holds recovery files but no record of ours, so no step of this store made them; \
             empty the volume, or take the store over with the action Adopt"
                .into(),
        )],
        Err(RecordError::NewerFormat { found }) => vec![fault(
            FaultKind::NewerFormat,
            format!(
                "its record has format {found}, written by a newer platform; use that platform's \
                 version"
            ),
        )],
        Err(RecordError::Damaged(_)) => vec![fault(
            FaultKind::Unreadable,
            format!("its record is damaged; {FROM_BACKUP}"),
        )],
        Err(RecordError::Io(source)) => vec![fault(
            FaultKind::Unreadable,
            format!("its record can't be read: {source}; mend the volume"),
        )],
    }
}

fn misfits(volume: &Volume, expected: &Expectation<'_>, record: &Record) -> Vec<Fault> {
    let Record {
        v: _,
        store,
        claim,
        step,
        start,
    } = record;
    let fault = |kind, sentence| Fault::volume(volume, kind, sentence);
    let foreign = (store != expected.store).then(|| {
        let sentence = format!(
            "it belongs to store {store}, not to {}; mount the right volume",
            expected.store
        );
        fault(FaultKind::Foreign, sentence)
    });
    let cloned = (*claim != volume.claim).then(|| {
        let sentence = format!(
            "its content was copied from claim {claim}; mount the original, or restore the store \
             from a backup"
        );
        fault(FaultKind::Foreign, sentence)
    });
    let newest = [
        ("step", *step, expected.step),
        ("start", *start, expected.start),
    ];
    let stale = newest
        .into_iter()
        .filter(|(_, seen, told)| seen > told)
        .map(|(what, seen, told)| {
            let sentence = format!(
                "it has seen {what} {seen}, and these orders are of {what} {told}; a newer pod has \
                 taken over, nothing to do"
            );
            fault(FaultKind::Stale, sentence)
        });
    foreign.into_iter().chain(cloned).chain(stale).collect()
}

/// Judges names: what is too much, and what is missing.
fn name_faults(volume: &Volume, expected: &Expectation<'_>, contents: &Contents) -> Vec<Fault> {
    let here: Vec<_> = expected.placement.on(volume.ordinal).collect();
    let missing = here
        .iter()
        .filter(|index| !contents.partitions.contains(index))
        .map(|index| missing(volume, contents, *index));
    let elsewhere = contents
        .partitions
        .iter()
        .filter(|index| !here.contains(index))
        .map(|index| {
            let sentence = match expected.placement.volume_of(*index) {
                Some(other) => format!(
                    "the partition belongs on volume {other}; remove this copy if the one there is \
                     good"
                ),
                None => format!(
                    "the store has only {} partitions; move the file away",
                    expected.placement.count()
                ),
            };
            Fault::file(
                volume,
                FaultKind::Foreign,
                &partition_name(*index),
                sentence,
            )
        });
    missing
        .chain(elsewhere)
        .chain(strays(volume, contents))
        .collect()
}

/// Names what the engine or SQLite would take for part of the store, whatever the orders say.
pub(crate) fn strays(volume: &Volume, contents: &Contents) -> Vec<Fault> {
    let strays = contents
        .strays
        .iter()
        .map(|name| file::stray(volume, contents, name));
    let leftovers = contents.leftovers.iter().map(|name| {
        let sentence = "the file it belongs to is gone, and SQLite would take it for part of any \
                        file that gets the name; move it away"
            .into();
        Fault::file(volume, FaultKind::Leftover, name, sentence)
    });
    strays.chain(leftovers).collect()
}

fn missing(volume: &Volume, contents: &Contents, index: u32) -> Fault {
    let of_job = contents.retired.iter().chain(&contents.incoming);
    let unfinished = of_job
        .filter(|file| file.index == index)
        .map(|file| file.step)
        .max();
    let (kind, sentence) = match unfinished {
        Some(step) => (
            FaultKind::Unfinished,
            format!("the store job of step {step} did not end; run it again"),
        ),
        None => (
            FaultKind::Missing,
            format!("the partition is missing; {FROM_BACKUP}"),
        ),
    };
    Fault::file(volume, kind, &partition_name(index), sentence)
}
