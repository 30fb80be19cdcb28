//! Changes of a store, while no gang exists: prepare everything, then flip.
//!
//! A job may end at any byte and be run again. What lies on the volumes decides alone: as long as
//! no file of the step is in use or out of use, the job begins anew; as soon as one is, it goes on
//! to the end. So the volumes hold the old set or the new one, never a mixture.

use std::collections::BTreeMap;

use crate::{
    disk::Disk,
    fault::Refusal,
    fence::{Fence, FenceError},
    orders::{Change, JobOrders, Placement},
    partition::PartitionFacts,
    verify::{Expectation, records, verify},
    volume::Volume,
};

mod flip;
mod initialise;
mod plan;
mod prepare;
mod relocate;
mod replace;
mod rewrite;
mod sweep;

pub use sweep::remove_retired;

use plan::Plan;

/// What a job did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// The store is as the orders say now.
    Changed,
    /// It already was: an earlier run of the same step had come to its end.
    Already,
}

/// The mounted volumes.
pub(crate) type Volumes = BTreeMap<u32, Volume>;

/// Does what the orders say, or nothing.
///
/// Run again after any end, also the good one, it brings the same step to its end.
///
/// # Errors
/// Refuses orders that contradict themselves, volumes someone is on, and a store that does not fit
/// the orders, with all its faults.
pub fn run(orders: &JobOrders) -> Result<Done, Refusal> {
    run_on(&mut Disk::new(), orders)
}

/// Whether an earlier run of the same step has begun to flip, so that it needs no sources any more.
///
/// # Errors
/// Fails when a volume can't be read.
pub fn has_begun(orders: &JobOrders) -> Result<bool, Refusal> {
    if orders.contradictions().is_empty() {
        flip::has_begun(orders.step, &volumes(orders))
    } else {
        Ok(false)
    }
}

pub(crate) fn run_on(disk: &mut Disk<'_>, orders: &JobOrders) -> Result<Done, Refusal> {
    let contradictions = orders.contradictions();
    if !contradictions.is_empty() {
        return Err(Refusal::Orders(contradictions));
    }
    let volumes = volumes(orders);
    let _fence = fence(&volumes)?;
    match &orders.change {
        Change::Initialise => initialise::run(disk, orders, &volumes),
        Change::Move { before, .. } => change(disk, orders, &volumes, before, relocate::prepare),
        Change::Repartition { before, .. } | Change::DropSteps { before, .. } => {
            change(disk, orders, &volumes, before, rewrite::prepare)
        }
        Change::Restore { .. } | Change::Reset { .. } => replace::run(disk, orders, &volumes),
    }
}

/// Writes the new files of a change as incoming ones and says what the flip is to do.
type Prepare = fn(&mut Disk<'_>, &JobOrders, &Volumes, &[PartitionFacts]) -> Result<Plan, Refusal>;

/// The shape all changes of an existing store have.
fn change(
    disk: &mut Disk<'_>,
    orders: &JobOrders,
    volumes: &Volumes,
    before: &Placement,
    prepare: Prepare,
) -> Result<Done, Refusal> {
    // Before anything is touched: an outdated job finds files of its own step, and must not go on.
    let faults = records(volumes, &expectation(orders, before))?;
    if !faults.is_empty() {
        return Err(Refusal::Faults(faults));
    }
    let done = if flip::has_begun(orders.step, volumes)? {
        go_on(disk, orders, volumes)?
    } else {
        let parent = orders.parent().unwrap_or(&orders.timeline);
        let expected = Expectation {
            timeline: parent,
            ..expectation(orders, before)
        };
        let facts = verify_all(volumes, &expected)?;
        note_step(disk, orders, volumes)?;
        prepare::clear(disk, volumes, None)?;
        sweep::of_moves(disk, volumes, &facts)?;
        let plan = prepare(disk, orders, volumes, &facts)?;
        if plan.is_empty() {
            Done::Already
        } else {
            plan.write(disk, volumes)?;
            flip::run(disk, &plan, volumes)?
        }
    };
    verify_all(volumes, &expectation(orders, &orders.placement))?;
    Ok(done)
}

/// Brings a flip that has begun to its end. The plan may be gone when it has long come there.
fn go_on(disk: &mut Disk<'_>, orders: &JobOrders, volumes: &Volumes) -> Result<Done, Refusal> {
    match verify_all(volumes, &expectation(orders, &orders.placement)) {
        Ok(_) => Ok(Done::Already),
        Err(Refusal::Faults(_)) => flip::run(disk, &Plan::find(orders, volumes)?, volumes),
        Err(refusal) => Err(refusal),
    }
}

fn volumes(orders: &JobOrders) -> Volumes {
    let volume = |ordinal: u32| Volume {
        ordinal,
        claim: orders
            .claim_of(ordinal)
            .cloned()
            .expect("orders without contradictions name the claim of every mounted volume"),
        folder: orders.folder_of(ordinal),
    };
    let ordinals = orders.volumes.iter();
    ordinals
        .map(|ordinal| (*ordinal, volume(*ordinal)))
        .collect()
}

/// Takes all volumes alone. Without every one of them, none.
fn fence(volumes: &Volumes) -> Result<Vec<Fence>, Refusal> {
    let enter = |volume: &Volume| {
        let refused = |error: FenceError| Refusal::fence(volume, error);
        Fence::alone([volume.folder.as_path()]).map_err(refused)
    };
    volumes.values().map(enter).collect()
}

fn expectation<'a>(orders: &'a JobOrders, placement: &'a Placement) -> Expectation<'a> {
    Expectation {
        store: &orders.store,
        timeline: &orders.timeline,
        step: orders.step,
        start: orders.start,
        placement,
        open: None,
    }
}

/// Verifies every mounted volume and reports the faults of all.
fn verify_all(
    volumes: &Volumes,
    expected: &Expectation<'_>,
) -> Result<Vec<PartitionFacts>, Refusal> {
    let (mut facts, mut faults) = (Vec::new(), Vec::new());
    for volume in volumes.values() {
        match verify(volume, expected) {
            Ok(found) => facts.extend(found),
            Err(Refusal::Faults(found)) => faults.extend(found),
            Err(refusal) => return Err(refusal),
        }
    }
    if faults.is_empty() {
        Ok(facts)
    } else {
        Err(Refusal::Faults(faults))
    }
}

/// Notes the step on every volume before anything else changes: a paused older job that wakes up
/// then finds itself outdated.
fn note_step(disk: &mut Disk<'_>, orders: &JobOrders, volumes: &Volumes) -> Result<(), Refusal> {
    for volume in volumes.values() {
        volume.note(disk, &orders.store, orders.step, orders.start)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
