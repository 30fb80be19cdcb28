//! Computes `.status` from what was observed and decided. Begin reading with [`compute`].
//!
//! Invariant: a pure function. Without a change in the cluster the result equals the previous status, so a
//! converged Dataflow causes no writes.

mod backups;
mod conditions;
mod facts;
mod failure;
mod outage;

use dataflow::label;
use dataflow::status::{self, DataflowStatus, Phase, Processes, Reason};

pub(crate) use facts::Facts;

use crate::decide::{Summary, SummaryKind};
use crate::observed::{Gang, Observed, Resumption, Stamp, Target};
use conditions::conditions;
use facts::ready;
use failure::last_failure;

/// Computes the whole status.
///
/// Start number, completion and ledger are copied from the previous status: their operations write
/// them.
#[must_use]
pub(crate) fn compute(facts: &Facts<'_>) -> DataflowStatus {
    let Facts {
        name,
        generation,
        previous,
        processes,
        observed,
        decision,
        warnings: _,
    } = facts;
    let gang = observed.gang.owned();
    let stamp = gang.and_then(|gang| gang.stamp.as_ref());
    let revision = stamp
        .map(|stamp| stamp.revision.clone())
        .or_else(|| previous.revision.clone());
    DataflowStatus {
        observed_generation: *generation,
        conditions: conditions(facts),
        phase: Some(phase(&decision.summary, previous, gang)),
        processes: Some(Processes::new(
            wanted(observed, *processes),
            ready(observed, gang),
        )),
        selector: name.map(label::selector_text),
        last_failure: last_failure(facts, gang, revision.as_deref()),
        revision,
        start: previous.start,
        completed: previous.completed.clone(),
        formed: decision.formed.clone().or_else(|| previous.formed.clone()),
        last_outage: outage::outage(facts, gang),
        resumed: resumed(facts, stamp),
        backup_interval: backups::interval(facts),
        orphaned_steps: decision.orphaned_steps.clone(),
        // Only the operation `WriteLedger` changes the ledger.
        recovery: previous.recovery.clone(),
    }
}

/// Returns where the last start of a stateful flow resumed.
fn resumed(facts: &Facts<'_>, stamp: Option<&Stamp>) -> Option<status::Resumed> {
    let of_this_start =
        |resumed: &status::Resumed| stamp.is_none_or(|stamp| stamp.start == resumed.start);
    match facts.observed.answers.resumption {
        Resumption::NotAsked => facts.previous.resumed.clone().filter(of_this_start),
        // Before a stop, agents are asked only for their progress; a missing answer says nothing
        // about the resumption.
        Resumption::Unknown if facts.decision.summary.reason == Reason::Stopping => {
            facts.previous.resumed.clone().filter(of_this_start)
        }
        // An engine may have been restarted within the same start.
        Resumption::Unknown => None,
        Resumption::Known(resumed) => Some(status::Resumed {
            start: stamp?.start,
            execution: whole(resumed.execution),
            epoch: whole(resumed.epoch),
            replayed_epochs: resumed.replayed.map(whole),
        }),
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn wanted(observed: &Observed, processes: i32) -> i32 {
    match (&observed.target, &observed.running) {
        (Target::Run(goal), _) => goal.processes,
        (Target::Refused { .. } | Target::Missing { .. }, Some(goal)) => goal.processes,
        (Target::Refused { .. } | Target::Missing { .. } | Target::Suspended, _) => processes,
    }
}

fn phase(summary: &Summary, previous: &DataflowStatus, gang: Option<&Gang>) -> Phase {
    let up = gang.is_some_and(|gang| gang.replicas > 0);
    match (summary.kind, summary.reason) {
        (SummaryKind::Ready, Reason::Suspended) => Phase::Suspended,
        (SummaryKind::Ready, Reason::Completed) => Phase::Completed,
        (SummaryKind::Ready, _) => Phase::Running,
        (SummaryKind::Reconciling, Reason::Stopping) => Phase::Stopping,
        (SummaryKind::Reconciling, Reason::Probing | Reason::WaitingForReference) if up => {
            Phase::Running
        }
        (SummaryKind::Reconciling, Reason::WaitingForReference) => Phase::Pending,
        (SummaryKind::Reconciling, _) if previous.start.is_none() && gang.is_none() => {
            Phase::Pending
        }
        (SummaryKind::Reconciling, _) => Phase::Starting,
        (SummaryKind::Stalled, Reason::CrashLoop) => Phase::Failed,
        (SummaryKind::Stalled, _) => Phase::Stalled,
    }
}

#[cfg(test)]
mod tests;
