//! Decides the next operation for one Dataflow, from the observed state.
//!
//! [`decide`] is a pure function of values. It returns a question, or a decision with one operation of a closed set.
//! It is called again when the question has been answered, and whenever something has changed. So it never plans
//! ahead: after every operation the next call finds its way from the observed state, also in another operator.
//!
//! | observed | handled in |
//! |---|---|
//! | a gang runs, and status has lost the ledger | `recovery::ledger_from_gang` |
//! | `spec.suspend`, or a suspension that ends by itself | `suspend` |
//! | the spec asks for another revision than the one that ran | `choose_revision`, `state_loss` |
//! | a child object is missing or differs | `children` |
//! | no gang, or one with 0 replicas | `start`, `recovery` |
//! | a gang that matches the desired state | `supervise`, `problem` |
//! | a gang that does not match it | stopped, after `progress` and `backups` |
//!
//! Begin at [`decide`], then read [`Operation`].

mod backups;
mod children;
mod choose_revision;
mod decision;
mod failure;
mod operation;
mod problem;
mod progress;
mod question;
mod recovery;
mod start;
mod state_loss;
mod summary;
mod supervise;
mod suspend;
mod timeouts;

use dataflow::status::{Completed, Reason};

pub(crate) use decision::{Decision, Next};
pub(crate) use failure::newest_failure;
pub(crate) use operation::{Operation, StoreOperation};
pub(crate) use question::Question;
pub(crate) use recovery::{not_done as action_not_done, not_resized as volumes_not_resized};
pub(crate) use summary::{CRD_TOO_OLD, Summary, SummaryKind};
pub(crate) use timeouts::{LAST_BACKUP_TIMEOUT, not_in_time};

use crate::observed::{Gang, Goal, Observed, Ownership, RevisionRef};

/// Returns a question, or the next operation and the summary for status.
#[must_use]
pub(crate) fn decide(observed: &Observed) -> Next {
    if observed.deleting {
        return Decision::idle(Summary::reconciling(
            Reason::Stopping,
            "deleting the Dataflow",
        ))
        .into();
    }
    if observed.crd_too_old {
        let summary = Summary::stalled(Reason::CRDTooOld, CRD_TOO_OLD);
        return Decision::idle(summary).requeue_after(observed, 10).into();
    }
    if let Some(decision) = recovery::ledger_from_gang(observed) {
        return decision.into();
    }
    let next = if observed.suspend {
        let mut decision = suspend::decide(observed);
        decision.requeue_no_later_than(observed.timed_suspension.as_ref().map(|timed| timed.until));
        decision.into()
    } else {
        advance(observed)
    };
    match next {
        Next::Ask(question) => Next::Ask(question),
        Next::Do(decision) if matches!(decision.operation, Operation::Stop(_)) => {
            stop(observed, decision)
        }
        Next::Do(decision) => recovery::grow_if_idle(observed, decision).into(),
    }
}

/// Returns the decision to stop, unless it is refused, delayed, or preceded by a backup.
fn stop(observed: &Observed, decision: Decision) -> Next {
    if let Some(summary) = recovery::held_by_pods_alone(observed) {
        return Decision::idle(summary).requeue_after(observed, 30).into();
    }
    match progress::before_stop(observed, &decision) {
        Some(waiting) => waiting,
        None => backups::before_stop(observed, decision).into(),
    }
}

/// Chooses the revision, and moves the Dataflow towards it.
fn advance(observed: &Observed) -> Next {
    let choice = choose_revision::choose(observed);
    if let Some(question) = choice.question {
        return Next::Ask(question);
    }
    if let Some(operation) = choice.operation {
        return Decision::act(operation, choice.verdict.unwrap_or_else(Summary::probing)).into();
    }
    let pursued = match choice.goal {
        Some((which, goal)) => pursue(observed, which, goal, choice.verdict.is_some()),
        None => Decision::idle(Summary::reconciling(Reason::Starting, "")).into(),
    };
    pursued.map(|pursued| {
        let mut decision = match choice.verdict {
            Some(verdict) => pursued.with_spec_summary(verdict),
            None => pursued,
        };
        decision.requeue_no_later_than(choice.requeue_at);
        decision.probe_skipped = choice.skipped;
        decision.orphaned_steps = choice.orphaned_steps;
        decision
    })
}

/// Moves the Dataflow towards one goal: first its child objects, then its gang.
///
/// With `only_keep` the goal is the running revision, because the desired one cannot be started now. A gang that was
/// suspended or has completed is not started for it.
fn pursue(observed: &Observed, which: RevisionRef, goal: &Goal, only_keep: bool) -> Next {
    let done = completed(observed, goal);
    if only_keep && observed.last_status.resting && !done && !observed.gang_is_up() {
        return Decision::idle(Summary::reconciling(Reason::Starting, "")).into();
    }
    if done {
        return hold_completed(observed, goal).into();
    }
    if let Some(decision) = children::ensure(observed, which, goal) {
        return decision.into();
    }
    match &observed.gang {
        Ownership::Foreign(what) => Decision::idle(Summary::name_taken(what)).into(),
        Ownership::Terminating | Ownership::Inherited => {
            let why = "waiting for the old StatefulSet to be deleted";
            let summary = Summary::reconciling(Reason::Stopping, why);
            Decision::idle(summary).requeue_after(observed, 5).into()
        }
        Ownership::Absent => start::decide(observed, which, goal, None),
        Ownership::Owned(gang) if gang.replicas == 0 => {
            start::decide(observed, which, goal, Some(gang))
        }
        Ownership::Owned(gang) if is_wanted(observed, which, goal, gang) => {
            supervise::decide(observed, goal, gang)
        }
        Ownership::Owned(gang) => {
            let summary = Summary::reconciling(Reason::Stopping, stop_reason(goal, gang));
            Decision::act(Operation::Stop(gang.version.clone()), summary).into()
        }
    }
}

/// Whether the gang matches the goal, and no recovery action is due.
fn is_wanted(observed: &Observed, which: RevisionRef, goal: &Goal, gang: &Gang) -> bool {
    let wanted = gang.stamp.as_ref().is_some_and(|stamp| {
        stamp.revision == goal.revision
            && stamp.processes == goal.processes
            && stamp.restarted_at == goal.restarted_at
    });
    wanted && !recovery::is_due(observed, which, goal) && gang.replicas == goal.processes
}

/// Returns the message while a gang is stopped that does not match the goal.
fn stop_reason(goal: &Goal, gang: &Gang) -> String {
    match &gang.stamp {
        None => "stopping processes that have no revision label".to_owned(),
        Some(stamp) if stamp.revision != goal.revision => {
            format!(
                "stopping revision {} to start revision {}",
                stamp.revision, goal.revision
            )
        }
        Some(stamp) if stamp.processes != goal.processes || gang.replicas != goal.processes => {
            format!(
                "stopping {} processes to start {}",
                gang.replicas, goal.processes
            )
        }
        Some(_) => "stopping for a restart request or a recovery action".to_owned(),
    }
}

/// Whether this revision, with this restart request, has reached the end of its input.
fn completed(observed: &Observed, goal: &Goal) -> bool {
    let this = Completed {
        revision: goal.revision.clone(),
        restarted_at: goal.restarted_at.clone(),
    };
    observed.last_status.completed.as_ref() == Some(&this)
}

/// Keeps a gang stopped whose input has ended, until the revision or the restart request changes.
fn hold_completed(observed: &Observed, goal: &Goal) -> Decision {
    let summary = Summary::ready(
        Reason::Completed,
        format!("revision {} reached the end of its input", goal.revision),
    );
    match &observed.gang {
        Ownership::Owned(gang) if gang.replicas > 0 => {
            if goal.keep_alive {
                Decision::idle(summary)
            } else {
                Decision::act(Operation::Stop(gang.version.clone()), summary)
            }
        }
        // The probe pod of another revision stays: it is the only record of a refusal, and its result may be
        // pending.
        Ownership::Owned(_) | Ownership::Absent | Ownership::Terminating | Ownership::Inherited => {
            match suspend::leftover(observed) {
                Some(probe) if probe.revision == goal.revision => {
                    Decision::act(suspend::delete(probe), summary)
                }
                Some(_) | None => recovery::idle(observed, summary),
            }
        }
        Ownership::Foreign(what) => Decision::idle(Summary::name_taken(what)),
    }
}

#[cfg(test)]
mod tests;
