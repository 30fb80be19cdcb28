//! Compares a volume with a spec: header, file names, and every partition.
//!
//! Each difference is a [`Fault`] with its remedy. All faults of a volume are reported together.

use std::collections::BTreeMap;

use crate::{
    fault::{Fault, FaultKind, Refusal},
    partition::{PartitionError, PartitionFacts},
    volume::{Contents, HeaderError, Volume, VolumeHeader, partition_name},
};

mod expectation;
mod file;

pub(crate) use expectation::Expectation;

use expectation::FROM_BACKUP;

/// Returns the facts of the partitions if the volume matches the expectation. Opens partitions for
/// writing, so the caller holds the volume's lock.
pub(crate) fn verify(
    volume: &Volume,
    expected: &Expectation<'_>,
) -> Result<Vec<PartitionFacts>, Refusal> {
    let contents = volume.contents()?;
    let mut faults = header_faults(volume, expected, &contents);
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

/// Returns the faults of the volume headers alone.
pub(crate) fn verify_headers(
    volumes: &BTreeMap<u32, Volume>,
    expected: &Expectation<'_>,
) -> Result<Vec<Fault>, Refusal> {
    let mut faults = Vec::new();
    for volume in volumes.values() {
        faults.extend(header_faults(volume, expected, &volume.contents()?));
    }
    Ok(faults)
}

/// Returns the refusal for a partition that cannot be used: a fault of the file, or a failure that
/// may pass.
pub(crate) fn refusal(volume: &Volume, index: u32, error: PartitionError) -> Refusal {
    match error {
        // The file itself may be intact: the disk may be full, or another reader may hold it.
        PartitionError::Busy(_) | PartitionError::Sqlite(_) => Refusal::Partition {
            path: volume.partition(index),
            source: error,
        },
        _ => Refusal::Faults(vec![file::unusable(volume, index, &error)]),
    }
}

/// Returns the faults of the volume header.
fn header_faults(volume: &Volume, expected: &Expectation<'_>, contents: &Contents) -> Vec<Fault> {
    let fault = |kind, sentence| Fault::volume(volume, kind, sentence);
    match volume.header() {
        Ok(Some(header)) => header_mismatches(volume, expected, &header),
        Ok(None) if contents.is_untouched() => Vec::new(),
        Ok(None) => vec![fault(
            FaultKind::Foreign,
            "the volume contains recovery files but no volume header, so no change of this store \
             wrote them; empty the volume, or take over the store with the action `Adopt`"
                .into(),
        )],
        Err(HeaderError::NewerFormat { found }) => vec![fault(
            FaultKind::NewerFormat,
            format!(
                "the volume header has format {found} of a newer release of the platform; use that \
                 release"
            ),
        )],
        Err(HeaderError::Damaged(_)) => vec![fault(
            FaultKind::Unreadable,
            format!("the volume header is damaged; {FROM_BACKUP}"),
        )],
        Err(HeaderError::Io(source)) => vec![fault(
            FaultKind::Unreadable,
            format!("cannot read the volume header: {source}; repair the volume"),
        )],
    }
}

fn header_mismatches(
    volume: &Volume,
    expected: &Expectation<'_>,
    header: &VolumeHeader,
) -> Vec<Fault> {
    let VolumeHeader {
        v: _,
        store,
        claim,
        change_number,
        start,
    } = header;
    let fault = |kind, sentence| Fault::volume(volume, kind, sentence);
    let foreign = (store != expected.store).then(|| {
        let sentence = format!(
            "the volume belongs to store {store}, not to {}; mount the right volume",
            expected.store
        );
        fault(FaultKind::Foreign, sentence)
    });
    let cloned = (*claim != volume.claim).then(|| {
        let sentence = format!(
            "its content was copied from the PVC with UID {claim}; mount the original, or restore \
             the store from a backup"
        );
        fault(FaultKind::Foreign, sentence)
    });
    let newest = [
        ("store change", *change_number, expected.change_number),
        ("start", *start, expected.start),
    ];
    let stale = newest
        .into_iter()
        .filter(|(_, seen, given)| seen > given)
        .map(|(what, seen, given)| {
            let sentence = format!(
                "{what} {seen} has already begun on this volume, but this pod is for {what} {given}; a \
                 newer pod is responsible, no action needed"
            );
            fault(FaultKind::Stale, sentence)
        });
    foreign.into_iter().chain(cloned).chain(stale).collect()
}

/// Returns the faults of the file names: missing, misplaced and stray files.
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
                     intact"
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

/// Returns a fault for each file that the engine or SQLite would treat as part of the store,
/// independent of the spec.
pub(crate) fn strays(volume: &Volume, contents: &Contents) -> Vec<Fault> {
    let strays = contents
        .strays
        .iter()
        .map(|name| file::stray(volume, contents, name));
    let leftovers = contents.leftovers.iter().map(|name| {
        let sentence =
            "its main file is missing, and SQLite would treat it as part of any file that \
                        gets the name; move it away"
                .into();
        Fault::file(volume, FaultKind::Leftover, name, sentence)
    });
    strays.chain(leftovers).collect()
}

fn missing(volume: &Volume, contents: &Contents, index: u32) -> Fault {
    let of_changes = contents.retired.iter().chain(&contents.incoming);
    let unfinished = of_changes
        .filter(|file| file.index == index)
        .map(|file| file.change_number)
        .max();
    let (kind, sentence) = match unfinished {
        Some(change_number) => (
            FaultKind::Unfinished,
            format!("store change {change_number} did not complete; run it again"),
        ),
        None => (
            FaultKind::Missing,
            format!("the partition is missing; {FROM_BACKUP}"),
        ),
    };
    Fault::file(volume, kind, &partition_name(index), sentence)
}
