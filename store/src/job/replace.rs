//! Changes that do not need the old set, which may be damaged or lost: restore and reset.

use std::collections::BTreeMap;

use super::{
    flip::{self, Done},
    plan::{Place, Plan},
    prepare::{self, unwritten},
    rewrite::Rewrite,
    volumes::{Volumes, expectation, note_step, verify_all},
};
use crate::{
    cut::{self, Copy, Cut},
    disk::Disk,
    fault::{Fault, Refusal},
    orders::{Change, JobOrders, Source},
    partition::{Branch, LastStart, Partition, Passport, Selection},
    resume::Resume,
    verify::{self, records},
};

/// Puts a new set in the place of whatever lies on the mounted volumes.
pub(super) fn run(
    disk: &mut Disk<'_>,
    orders: &JobOrders,
    volumes: &Volumes,
) -> Result<Done, Refusal> {
    let faults = records(volumes, &expectation(orders, &orders.placement))?;
    if !faults.is_empty() {
        return Err(Refusal::Faults(faults));
    }
    let begun = flip::has_begun(orders.step, volumes)?;
    let faults = in_the_way(volumes)?;
    if !begun && !faults.is_empty() {
        return Err(Refusal::Faults(faults));
    }
    let done = if begun {
        flip::go_on(disk, orders, volumes)?
    } else {
        // Copies that are no good are refused before anything changes.
        let rewrite = rewrite(orders)?;
        note_step(disk, orders, volumes)?;
        prepare::clear(disk, volumes, Some(orders.step))?;
        let activate = rewrite.write(disk, orders, volumes)?;
        let plan = Plan::new(orders, everything(volumes)?, activate).of_damaged();
        plan.write(disk, volumes)?;
        flip::run(disk, &plan, volumes)?
    };
    verify_all(volumes, &expectation(orders, &orders.placement))?;
    Ok(done)
}

/// What would become part of the new set under any name.
fn in_the_way(volumes: &Volumes) -> Result<Vec<Fault>, Refusal> {
    let mut faults = Vec::new();
    for volume in volumes.values() {
        let contents = volume.contents()?;
        faults.extend(verify::strays(volume, &contents));
    }
    Ok(faults)
}

fn everything(volumes: &Volumes) -> Result<Vec<Place>, Refusal> {
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

fn rewrite(orders: &JobOrders) -> Result<Rewrite<'_>, Refusal> {
    let empty = Rewrite {
        sources: Vec::new(),
        selection: Selection::default(),
        passport: Passport {
            store: orders.store.clone(),
            timeline: orders.timeline.clone(),
            branch: None,
            step: orders.step,
            last_start: None,
            highest_commit: None,
        },
        commit: None,
        resume: None,
    };
    match &orders.change {
        Change::Restore {
            sources,
            known,
            from,
        } => {
            let (opened, copies) = open(sources)?;
            let cut = cut::choose(&copies, known, &orders.store, from).map_err(Refusal::Cut)?;
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
                    last_start: last_start(orders, &copies, cut),
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

fn open(sources: &[Source]) -> Result<(Vec<Partition>, Vec<Copy>), Refusal> {
    let mut opened = BTreeMap::new();
    let mut copies = Vec::new();
    for source in sources {
        let read = Partition::open(&source.path).and_then(|partition| {
            let copy = Copy {
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

/// The cut counts as a start that nothing followed: what is older is then known to be old.
fn last_start(orders: &JobOrders, copies: &[Copy], cut: Cut) -> Option<LastStart> {
    let starts = copies
        .iter()
        .filter_map(|copy| copy.facts.passport.last_start.as_ref());
    let newest = starts.max_by_key(|start| start.execution)?;
    Some(LastStart {
        start: orders.start,
        round: format!("step {}", orders.step),
        execution: cut.execution?,
        resume_epoch: cut.epoch,
        intervals: newest.intervals,
    })
}
