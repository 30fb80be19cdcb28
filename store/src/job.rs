//! Changes of a store, while no gang exists: prepare everything, then flip.
//!
//! A job may end at any byte and be run again. What lies on the volumes decides alone: as long as
//! no file of the step is in use or out of use, the job begins anew; as soon as one is, it goes on
//! to the end. So the volumes hold the old set or the new one, never a mixture.

use crate::{
    disk::Disk,
    fault::Refusal,
    orders::{Change, JobOrders, Placement},
    partition::PartitionFacts,
    verify::{Expectation, records},
};

mod flip;
mod initialise;
mod plan;
mod prepare;
mod relocate;
mod replace;
mod rewrite;
mod sweep;
mod volumes;

pub use flip::Done;

use plan::Plan;
use volumes::{Volumes, expectation, fence, note_step, verify_all, volumes};

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
        flip::go_on(disk, orders, volumes)?
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

#[cfg(test)]
mod tests;
