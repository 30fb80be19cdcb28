//! Changes a store while no gang exists: writes all new files first, then swaps them in.
//!
//! | stage | function | after a crash |
//! |---|---|---|
//! | 1. lock all volumes, compare their headers | `fence`, `verify_headers` | begins again |
//! | 2. verify the old set | `verify_all` | begins again |
//! | 3. write the change number into every header | `write_headers` | begins again |
//! | 4. remove the files of changes that did not complete | `prepare::clear` | begins again |
//! | 5. remove the files that earlier moves have retired | `sweep` | begins again |
//! | 6. write the new files, as `.incoming` | `relocate`, `rewrite` or `replace` | begins again |
//! | 7. write the plan on every volume | `Plan::write` | begins again |
//! | 8. swap: old files out of use, new files into use | `swap::run` | completes the swap |
//! | 9. verify the new set | `verify_all` | verifies again |
//!
//! A run may end at any byte and be repeated. The files on the volumes alone decide how the next run
//! continues: see the crash table in `change/swap.rs`. [`Change::Restore`] and [`Change::Reset`] skip
//! stages 2 and 5, because the old set may be damaged or lost. [`Change::Initialise`] has no old set and no swap.
//!
//! Begin with [`run`].

use crate::{
    disk::Disk,
    fault::Refusal,
    partition::PartitionFacts,
    spec::{Change, ChangeSpec, Placement},
    verify::{Expectation, verify_headers},
};

mod initialise;
mod plan;
mod prepare;
mod relocate;
mod replace;
mod rewrite;
mod swap;
mod sweep;
mod volumes;

pub use swap::Done;

use plan::Plan;
use volumes::{Volumes, expectation, fence, verify_all, volumes, write_headers};

/// Makes a store change completely, or changes nothing.
///
/// A repeated run of the same change completes it after any crash, and changes nothing after success.
///
/// # Errors
/// Refuses a contradictory spec, volumes that another process uses, and a store that does not match
/// the spec, with all its faults.
pub fn run(spec: &ChangeSpec) -> Result<Done, Refusal> {
    run_on(&mut Disk::new(), spec)
}

/// Whether an earlier run of the same change has begun the swap, so that it needs no sources any more.
///
/// # Errors
/// Fails if a volume cannot be read.
pub fn has_begun(spec: &ChangeSpec) -> Result<bool, Refusal> {
    if spec.contradictions().is_empty() {
        swap::has_begun(spec.change_number, &volumes(spec))
    } else {
        Ok(false)
    }
}

pub(crate) fn run_on(disk: &mut Disk<'_>, spec: &ChangeSpec) -> Result<Done, Refusal> {
    let contradictions = spec.contradictions();
    if !contradictions.is_empty() {
        return Err(Refusal::Spec(contradictions));
    }
    let volumes = volumes(spec);
    let _fence = fence(&volumes)?;
    match &spec.change {
        Change::Initialise => initialise::run(disk, spec, &volumes),
        Change::Move { before, .. } => {
            change_existing(disk, spec, &volumes, before, relocate::prepare)
        }
        Change::Repartition { before, .. } | Change::DropSteps { before, .. } => {
            change_existing(disk, spec, &volumes, before, rewrite::prepare)
        }
        Change::Restore { .. } | Change::Reset { .. } => replace::run(disk, spec, &volumes),
    }
}

/// Writes the new files of a change as `.incoming` files and returns the plan of the swap.
type Prepare = fn(&mut Disk<'_>, &ChangeSpec, &Volumes, &[PartitionFacts]) -> Result<Plan, Refusal>;

/// Makes a change that needs the old set: move, repartition or drop steps.
fn change_existing(
    disk: &mut Disk<'_>,
    spec: &ChangeSpec,
    volumes: &Volumes,
    before: &Placement,
    prepare: Prepare,
) -> Result<Done, Refusal> {
    // Order: before anything is changed. An outdated pod finds files of its own change, and must not
    // complete that change.
    let faults = verify_headers(volumes, &expectation(spec, before))?;
    if !faults.is_empty() {
        return Err(Refusal::Faults(faults));
    }
    let done = if swap::has_begun(spec.change_number, volumes)? {
        swap::complete(disk, spec, volumes)?
    } else {
        let parent = spec.parent().unwrap_or(&spec.timeline);
        let expected = Expectation {
            timeline: parent,
            ..expectation(spec, before)
        };
        let facts = verify_all(volumes, &expected)?;
        write_headers(disk, spec, volumes)?;
        prepare::clear(disk, volumes, None)?;
        sweep::remove_after_moves(disk, volumes, &facts)?;
        let plan = prepare(disk, spec, volumes, &facts)?;
        if plan.is_empty() {
            Done::Already
        } else {
            plan.write(disk, volumes)?;
            swap::run(disk, &plan, volumes)?
        }
    };
    verify_all(volumes, &expectation(spec, &spec.placement))?;
    Ok(done)
}

#[cfg(test)]
mod tests;
