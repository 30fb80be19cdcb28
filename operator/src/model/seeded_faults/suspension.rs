//! Operators with one fault in the suspensions that end by themselves.

use crate::decide::{Decision, Next, Operation, decide};
use crate::model::cluster::Budget;
use crate::model::explore::{Check, explore};
use crate::model::operator::Decide;
use crate::model::world::World;
use crate::observed::{Observed, Ownership};

/// Explores a short suspension with one seeded fault, and returns the violation.
fn found(name: &str, faulty: Decide) -> String {
    let budget = Budget {
        timed_suspensions: 1,
        ..Budget::default()
    };
    let world = World::running(1, budget);
    let report = explore(world, 3, faulty, Check::SafetyAndProgress);
    report.print(name);
    report.violation.expect("the seeded fault is found")
}

/// Returns the decision without a suspension.
fn awake(observed: &Observed) -> Next {
    decide(&Observed {
        suspend: false,
        timed_suspension: None,
        ..observed.clone()
    })
}

#[test]
fn ignored_suspension_is_found() {
    let violation = found("seeded: ignores a suspension", awake);
    assert!(violation.contains("does not converge"), "{violation}");
}

/// An operator that starts the flow as soon as it rests.
fn wakes_early(observed: &Observed) -> Next {
    if observed.last_status.resting {
        awake(observed)
    } else {
        decide(observed)
    }
}

#[test]
fn start_in_suspension_is_found() {
    let violation = found("seeded: wakes early", wakes_early);
    assert!(violation.contains("in a suspension"), "{violation}");
}

/// An operator that needs a change of the Dataflow to start it again.
fn never_resumes(observed: &Observed) -> Next {
    decide(&Observed {
        suspend: observed.suspend || observed.last_status.resting,
        ..observed.clone()
    })
}

#[test]
fn missing_resumption_is_found() {
    let violation = found("seeded: never resumes", never_resumes);
    assert!(violation.contains("does not converge"), "{violation}");
}

/// An operator that patches the `StatefulSet` of a resting flow in every reconcile.
fn patches_at_rest(observed: &Observed) -> Next {
    match (decide(observed), &observed.gang) {
        (Next::Do(decision), Ownership::Owned(gang))
            if observed.suspend && decision.operation == Operation::None =>
        {
            Decision {
                operation: Operation::Gate(gang.version.clone()),
                ..decision
            }
            .into()
        }
        (next, _) => next,
    }
}

#[test]
fn write_at_rest_is_found() {
    let violation = found("seeded: patches at rest", patches_at_rest);
    assert!(violation.contains("flow rests"), "{violation}");
}
