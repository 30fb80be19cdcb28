//! Makes the changes that do not need the old set, which may be damaged or lost: restore and reset.

use std::collections::BTreeMap;

use super::{
    plan::{Place, Plan},
    prepare::{self, unwritten},
    rewrite::Rewrite,
    swap::{self, Done},
    volumes::{Volumes, expectation, verify_all, write_headers},
};
use crate::{
    cut::{self, Cut, PartitionCopy},
    disk::Disk,
    fault::{Fault, Refusal},
    partition::{Branch, LastStart, Partition, Passport, Selection},
    resume::Resume,
    spec::{Change, ChangeSpec, Source},
    verify::{self, verify_headers},
};

/// Replaces all partitions on the mounted volumes by a new set.
pub(super) fn run(
    disk: &mut Disk<'_>,
    spec: &ChangeSpec,
    volumes: &Volumes,
) -> Result<Done, Refusal> {
    let faults = verify_headers(volumes, &expectation(spec, &spec.placement))?;
    if !faults.is_empty() {
        return Err(Refusal::Faults(faults));
    }
    let begun = swap::has_begun(spec.change_number, volumes)?;
    let faults = stray_faults(volumes)?;
    if !begun && !faults.is_empty() {
        return Err(Refusal::Faults(faults));
    }
    let done = if begun {
        swap::complete(disk, spec, volumes)?
    } else {
        // Order: unusable copies are refused before anything is changed.
        let rewrite = rewrite(spec)?;
        write_headers(disk, spec, volumes)?;
        prepare::clear(disk, volumes, Some(spec.change_number))?;
        let activate = rewrite.write(disk, spec, volumes)?;
        let plan = Plan::new(spec, all_partitions(volumes)?, activate).permitting_damage();
        plan.write(disk, volumes)?;
        swap::run(disk, &plan, volumes)?
    };
    verify_all(volumes, &expectation(spec, &spec.placement))?;
    Ok(done)
}

/// Returns a fault for each file that the engine or SQLite would treat as part of the new set.
fn stray_faults(volumes: &Volumes) -> Result<Vec<Fault>, Refusal> {
    let mut faults = Vec::new();
    for volume in volumes.values() {
        let contents = volume.contents()?;
        faults.extend(verify::strays(volume, &contents));
    }
    Ok(faults)
}

/// Returns every partition on the volumes.
fn all_partitions(volumes: &Volumes) -> Result<Vec<Place>, Refusal> {
    let mut places = Vec::new();
    for (ordinal, volume) in volumes {
        let here = volume.contents()?.partitions.into_iter();
        places.extend(here.map(|index| Place {
            index,
            volume: *ordinal,
        }));
    }
    Ok(places)
}

fn rewrite(spec: &ChangeSpec) -> Result<Rewrite<'_>, Refusal> {
    let empty = Rewrite {
        sources: Vec::new(),
        selection: Selection::default(),
        passport: Passport {
            store: spec.store.clone(),
            timeline: spec.timeline.clone(),
            branch: None,
            change_number: spec.change_number,
            last_start: None,
            highest_commit: None,
        },
        commit: None,
        resume: None,
    };
    match &spec.change {
        Change::Restore {
            sources,
            manifest_facts,
            from,
        } => {
            let (opened, copies) = open(sources)?;
            let cut =
                cut::choose(&copies, manifest_facts, &spec.store, from).map_err(Refusal::Cut)?;
            Ok(Rewrite {
                sources: opened,
                selection: Selection {
                    before: Some(cut.epoch),
                    without_steps: &[],
                },
                passport: Passport {
                    branch: Some(Branch {
                        parent: from.clone(),
                        epoch: cut.epoch,
                        execution: cut.execution.unwrap_or(0),
                    }),
                    last_start: last_start(spec, &copies, cut),
                    highest_commit: cut.highest_commit,
                    ..empty.passport
                },
                resume: cut.execution.map(|execution| Resume {
                    execution,
                    epoch: cut.epoch,
                }),
                ..empty
            })
        }
        _ => Ok(empty),
    }
}

fn open(sources: &[Source]) -> Result<(Vec<Partition>, Vec<PartitionCopy>), Refusal> {
    let mut opened = BTreeMap::new();
    let mut copies = Vec::new();
    for source in sources {
        let read = Partition::open(&source.path).and_then(|partition| {
            let copy = PartitionCopy {
                facts: partition.facts()?,
                newest_snap: partition.newest_snap()?,
                frontier: source.frontier,
            };
            Ok((partition, copy))
        });
        let (partition, copy) = read.map_err(|error| unwritten(&source.path, error))?;
        opened.insert(copy.facts.index, partition);
        copies.push(copy);
    }
    Ok((opened.into_values().collect(), copies))
}

/// Returns the last start for the new passports. The cut counts as a start without progress, so that
/// older copies are recognised as old.
fn last_start(spec: &ChangeSpec, copies: &[PartitionCopy], cut: Cut) -> Option<LastStart> {
    let starts = copies
        .iter()
        .filter_map(|copy| copy.facts.passport.last_start.as_ref());
    let newest = starts.max_by_key(|start| start.execution)?;
    Some(LastStart {
        start: spec.start,
        round: format!("step {}", spec.change_number),
        execution: cut.execution?,
        resume_epoch: cut.epoch,
        intervals: newest.intervals,
    })
}
