//! The heart of the operator: what to do next for one Dataflow.
//!
//! [`decide`] is a pure function of values and returns one step of a closed set. It is called again
//! whenever something changed, so it never plans ahead: every step leaves the world in a state from
//! which the next call finds the way, whoever makes it.

mod backups;
mod change;
mod failure;
mod parts;
mod progress;
mod start;
mod state;
mod step;
mod store;
mod supervise;
mod suspend;

pub use backups::{LAST_BACKUP_PATIENCE, not_in_time};
pub use failure::newest_failure;
pub use step::{Decision, Kind, Standing, Step, StoreStep, Which};
pub use store::{not_done as action_not_done, not_resized as volumes_not_resized};

use dataflow::status::Reason;

use crate::observed::{Completion, Goal, Observed, Slot};

/// How long a missing reference counts as on its way, in seconds.
pub const REFERENCE_PATIENCE: i64 = 30;
/// How long a probe may wait for room before the change goes on without it, in seconds.
pub const PROBE_ROOM_PATIENCE: i64 = 30;
/// How long all containers may run while a process misses another before that one is named, in
/// seconds.
pub const OVERDUE_PATIENCE: i64 = 60;
/// How long a stop waits until a gang has come further than where it began, in seconds from when it
/// was together.
pub const PROGRESS_PATIENCE: i64 = 30;
/// How long a gang may take to form before people are told, in seconds.
pub const FORM_PATIENCE: i64 = 120;
/// How long a pod may outlive its grace, in seconds.
pub const GRACE_PATIENCE: i64 = 60;
/// How long a gang that failed must stay together before its failures are forgotten, in seconds.
pub const SETTLE_TIME: i64 = 10;
/// How long a change of the recovery store may wait for room before people are told, in seconds.
pub const STORE_ROOM_PATIENCE: i64 = 60;
/// How long the API server's word that a volume cannot grow is taken for granted, in seconds.
pub const GROWTH_PATIENCE: i64 = 600;
/// Failed starts in a row that count as a crash loop.
pub const CRASH_LOOP_STARTS: i32 = 3;

/// Says what to do next, and how the Dataflow stands.
#[must_use]
pub fn decide(o: &Observed) -> Decision {
    if o.deleting {
        return Decision::rest(Standing::progressing(Reason::Stopping, "is being deleted"));
    }
    if o.crd_too_old {
        return Decision::rest(Standing::stalled(Reason::CRDTooOld, CRD_TOO_OLD)).again(o, 10);
    }
    if let Some(decision) = store::from_gang(o) {
        return decision;
    }
    let decision = if o.suspend {
        suspend::decide(o)
    } else {
        advance(o)
    };
    match (&decision.step, store::held_by_pods_alone(o)) {
        (Step::Stop(_), Some(standing)) => Decision::rest(standing).again(o, 30),
        (Step::Stop(_), None) => match progress::before_stop(o, &decision) {
            Some(waiting) => waiting,
            None => backups::before_stop(o, decision),
        },
        _ => store::grown_meanwhile(o, decision),
    }
}

/// Towards what the spec asks for.
fn advance(o: &Observed) -> Decision {
    let choice = change::choose(o);
    if let Some(step) = choice.step {
        return Decision::act(step, choice.verdict.unwrap_or_else(Standing::probing));
    }
    let pursued = match choice.goal {
        Some((which, goal)) => pursue(o, which, goal, choice.verdict.is_some()),
        None => Decision::rest(Standing::progressing(Reason::Starting, "")),
    };
    let mut decision = match choice.verdict {
        Some(verdict) => pursued.under(verdict),
        None => pursued,
    };
    decision.sooner(choice.again);
    decision.probe_skipped = choice.skipped;
    decision.orphaned_steps = choice.orphaned_steps;
    decision
}

/// The sentence for an installed CRD that drops our status fields.
pub const CRD_TOO_OLD: &str = "the installed CustomResourceDefinition drops status fields that this \
    operator needs; install the one that belongs to it (wax-operator crd | kubectl apply --server-side -f -)";

/// Brings one goal closer: children first, then the gang.
fn pursue(o: &Observed, which: Which, goal: &Goal, only_keep: bool) -> Decision {
    let done = completed(o, goal);
    if only_keep && o.ledger.resting && !done && !gang_is_up(o) {
        return Decision::rest(Standing::progressing(Reason::Starting, ""));
    }
    if done {
        return hold_completed(o, goal);
    }
    if let Some(decision) = parts::ensure(o, which, goal) {
        return decision;
    }
    match &o.gang {
        Slot::Taken(what) => Decision::rest(name_taken(what)),
        Slot::Leaving => Decision::rest(Standing::progressing(
            Reason::Stopping,
            "waits until the old StatefulSet is gone",
        ))
        .again(o, 5),
        Slot::Absent => start::decide(o, which, goal, None),
        Slot::Ours(gang) if gang.replicas == 0 => start::decide(o, which, goal, Some(gang)),
        Slot::Ours(gang) => {
            let wanted = gang.stamp.as_ref().is_some_and(|stamp| {
                stamp.revision == goal.revision
                    && stamp.size == goal.size
                    && stamp.restarted_at == goal.restarted_at
            }) && !store::is_due(o, which, goal);
            if wanted && gang.replicas == goal.size {
                supervise::decide(o, goal, gang)
            } else {
                Decision::act(
                    Step::Stop(gang.version.clone()),
                    Standing::progressing(Reason::Stopping, stop_reason(goal, gang)),
                )
            }
        }
    }
}

fn stop_reason(goal: &Goal, gang: &crate::observed::Gang) -> String {
    match &gang.stamp {
        None => "stops processes that carry no revision".to_owned(),
        Some(stamp) if stamp.revision != goal.revision => {
            format!(
                "stops revision {} to start {}",
                stamp.revision, goal.revision
            )
        }
        Some(stamp) if stamp.size != goal.size || gang.replicas != goal.size => {
            format!("stops {} processes to start {}", gang.replicas, goal.size)
        }
        Some(_) => "stops to restart, or to change the state, as asked".to_owned(),
    }
}

fn completed(o: &Observed, goal: &Goal) -> bool {
    let this = Completion {
        revision: goal.revision.clone(),
        restarted_at: goal.restarted_at.clone(),
    };
    o.ledger.completed.as_ref() == Some(&this)
}

/// The input has ended: nothing runs again until revision or restart request change.
fn hold_completed(o: &Observed, goal: &Goal) -> Decision {
    let standing = Standing::settled(
        Reason::Completed,
        format!("revision {} reached the end of its input", goal.revision),
    );
    match &o.gang {
        Slot::Ours(gang) if gang.replicas > 0 => {
            if goal.keep_alive {
                Decision::rest(standing)
            } else {
                Decision::act(Step::Stop(gang.version.clone()), standing)
            }
        }
        // The probe of another revision is the only record that it was refused, or of what it finds yet.
        Slot::Ours(_) | Slot::Absent | Slot::Leaving => match suspend::leftover(o) {
            Some(probe) if probe.revision == goal.revision => {
                Decision::act(suspend::delete(probe), standing)
            }
            Some(_) | None => store::rest(o, standing),
        },
        Slot::Taken(what) => Decision::rest(name_taken(what)),
    }
}

fn gang_is_up(o: &Observed) -> bool {
    matches!(&o.gang, Slot::Ours(gang) if gang.replicas > 0)
}

/// The standing for a name that somebody else's object holds.
#[must_use]
pub fn name_taken(what: &str) -> Standing {
    Standing::stalled(
        Reason::NameTaken,
        format!("{what} belongs to somebody else; rename the Dataflow or remove that object"),
    )
}

#[cfg(test)]
mod tests;
