//! Up to which epoch a copy holds everything that still counts.

use std::collections::BTreeMap;

use super::{
    copy::{Copy, Known},
    fault::CutFault,
    lineage::Lineage,
};

/// Where each execution resumed that anyone knows of and that belongs.
pub(crate) fn resume_epochs(
    copies: &[Copy],
    known: &Known,
    lineage: &Lineage<'_>,
) -> BTreeMap<u64, u64> {
    let told = known
        .executions
        .iter()
        .map(|(timeline, resume)| (timeline, resume.execution, resume.epoch));
    let rows = copies.iter().flat_map(|copy| {
        let rows = copy.facts.executions.iter();
        let timeline = &copy.facts.passport.timeline;
        rows.map(move |row| (timeline, row.number, row.resume_epoch))
    });
    let starts = copies.iter().filter_map(|copy| {
        let passport = &copy.facts.passport;
        let last = passport.last_start.as_ref()?;
        Some((&passport.timeline, last.execution, last.resume_epoch))
    });
    told.chain(rows)
        .chain(starts)
        .filter(|(timeline, number, _)| lineage.includes(timeline, *number))
        .map(|(_, number, epoch)| (number, epoch))
        .collect()
}

/// The last epoch of which the copy holds everything, and which no later execution did over.
///
/// Every crash is a branch: the next execution resumes below what some partitions already hold, and
/// does those epochs again, perhaps with other input.
pub(crate) fn up_to(copy: &Copy, resumed: &BTreeMap<u64, u64>) -> Result<u64, CutFault> {
    let facts = &copy.facts;
    let Some(last) = &facts.passport.last_start else {
        return Ok(0);
    };
    let mut complete = match copy.frontier {
        Some(frontier) => frontier.saturating_sub(1),
        None => by_itself(copy, last.execution, last.resume_epoch),
    };
    let newest = resumed.keys().last().copied().unwrap_or(last.execution);
    for execution in last.execution + 1..=newest {
        let Some(epoch) = resumed.get(&execution) else {
            return Err(CutFault::UnknownExecution {
                index: facts.index,
                of: last.execution,
                unknown: execution,
            });
        };
        complete = complete.min(epoch.saturating_sub(1));
    }
    Ok(complete)
}

/// What the copy shows without help. Too low is safe: it only makes the cut older.
fn by_itself(copy: &Copy, execution: u64, resume_epoch: u64) -> u64 {
    let fronts = copy.facts.fronts.iter();
    let front = fronts
        .filter(|front| front.execution >= execution)
        .map(|front| front.epoch)
        .max();
    // A snapshot of an epoch means that the one before is closed; a start trims what lies ahead.
    [Some(resume_epoch), copy.newest_snap, front]
        .into_iter()
        .flatten()
        .max()
        .unwrap_or(resume_epoch)
        .saturating_sub(1)
}
