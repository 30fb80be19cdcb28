//! Computes up to which epoch a copy is complete and not replayed.
//!
//! `docs/recovery.md` has a worked example ("a cut over three copies"). The table in [`super`] shows
//! how the result is used.

use std::collections::BTreeMap;

use super::{
    copy::{ManifestFacts, PartitionCopy},
    fault::CutFault,
    lineage::Lineage,
};

/// Returns the resume epoch of each execution of the lineage, from copies and manifests.
pub(crate) fn resume_epochs(
    copies: &[PartitionCopy],
    manifest_facts: &ManifestFacts,
    lineage: &Lineage<'_>,
) -> BTreeMap<u64, u64> {
    let reported = manifest_facts
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
    reported
        .chain(rows)
        .chain(starts)
        .filter(|(timeline, number, _)| lineage.includes(timeline, *number))
        .map(|(_, number, epoch)| (number, epoch))
        .collect()
}

/// Returns the last epoch that the copy contains completely and that no later execution has replayed.
///
/// Every crash is a branch: the next execution resumes below the epochs that some partitions already
/// contain, and replays those epochs, perhaps with other input.
pub(crate) fn up_to(copy: &PartitionCopy, resumed: &BTreeMap<u64, u64>) -> Result<u64, CutFault> {
    let facts = &copy.facts;
    let Some(last) = &facts.passport.last_start else {
        return Ok(0);
    };
    let mut complete = match copy.frontier {
        Some(frontier) => frontier.saturating_sub(1),
        None => complete_by_content(copy, last.execution, last.resume_epoch),
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

/// Returns a lower bound of the last complete epoch, from the content of the copy alone. A bound that
/// is too low is safe: it only makes the cut older.
fn complete_by_content(copy: &PartitionCopy, execution: u64, resume_epoch: u64) -> u64 {
    let fronts = copy.facts.fronts.iter();
    let front = fronts
        .filter(|front| front.execution >= execution)
        .map(|front| front.epoch)
        .max();
    // A snapshot of an epoch proves that the epoch before it is closed, because a start trims all
    // snapshots at or above the resume epoch.
    [Some(resume_epoch), copy.newest_snap, front]
        .into_iter()
        .flatten()
        .max()
        .unwrap_or(resume_epoch)
        .saturating_sub(1)
}
