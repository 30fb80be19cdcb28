//! Operators with a fault each: what the exploration must find, or it proves nothing.

use dataflow::spec::{ActionKind, ExpectedStore, RecoveryAction};
use dataflow::status::{Completed, Reason};

use super::cluster::Budget;
use super::explore::{Check, explore};
use super::world::World;
use crate::decide::{Decision, Next, Operation, Question, StoreOperation, decide};
use crate::observed::{
    Answers, Claim, LedgerState, Observed, Ownership, RevisionRef, StoreLedger, Target,
};

/// The real decision, with another decision.
fn instead(observed: &Observed, change: impl FnOnce(Decision) -> Next) -> Next {
    match decide(observed) {
        Next::Ask(question) => Next::Ask(question),
        Next::Do(decision) => change(decision),
    }
}

/// The real decision, with another step.
fn with_operation(
    observed: &Observed,
    operation: impl FnOnce(&Operation) -> Option<Operation>,
) -> Next {
    instead(observed, |decision| match operation(&decision.operation) {
        Some(operation) => Decision {
            operation,
            ..decision
        }
        .into(),
        None => decision.into(),
    })
}

/// An operator that makes a store wherever it finds none.
fn eager(observed: &Observed) -> Next {
    instead(observed, |decision| {
        if decision.summary.reason != Reason::StoreRefused {
            return decision.into();
        }
        let free = |(volume, claim): (&u32, &Claim)| {
            let free = Claim {
                held: None,
                ..claim.clone()
            };
            (*volume, free)
        };
        let mut blind = observed.clone();
        blind.last_status.ledger = LedgerState::Unknown;
        blind.store.claims = observed.store.claims.iter().map(free).collect();
        if let Ownership::Owned(gang) = &mut blind.gang {
            gang.store = None;
        }
        decide(&blind)
    })
}

#[test]
fn making_up_for_a_lost_volume_is_found() {
    let budget = Budget {
        claims: 1,
        edits: 1,
        ..Budget::default()
    };
    let world = World::keeping(1, budget, decide);
    let report = explore(world, 5, eager, Check::SafetyAndProgress);
    report.print("planted: makes up for lost state");
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("made twice"), "{violation}");
}

/// An operator that starts fewer processes and leaves their partitions where they are.
fn unmoved(observed: &Observed) -> Next {
    with_operation(observed, |operation| {
        match (operation, &observed.last_status.ledger, &observed.gang) {
            (
                Operation::Store(which, StoreOperation::WriteLedger { ledger, .. }),
                LedgerState::Known(known),
                Ownership::Owned(gang),
            ) if ledger.change_number > known.change_number => Some(Operation::Start {
                which: *which,
                set: Some(gang.version.clone()),
                dataflow: observed.dataflow.clone(),
                above: observed.last_status.start.unwrap_or(0),
                store: Some(known.layout(Some(&[0]))),
            }),
            _ => None,
        }
    })
}

#[test]
fn partitions_that_are_left_behind_are_found() {
    let budget = Budget {
        resizes: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    let report = explore(world, 5, unmoved, Check::SafetyAndProgress);
    report.print("planted: leaves partitions behind");
    let violation = report.violation.expect("the planted fault is found");
    assert!(
        violation.contains("without all of its state"),
        "{violation}"
    );
}

/// An operator that notes a change as done when it has only been begun.
fn hasty(observed: &Observed) -> Next {
    with_operation(observed, |operation| {
        match (operation, &observed.last_status.ledger) {
            (
                Operation::Store(which, StoreOperation::CreatePod { .. }),
                LedgerState::Known(known),
            ) => {
                let places = known.layout(None).places;
                let ledger = StoreLedger {
                    places,
                    pending: None,
                    ..known.clone()
                };
                let dataflow = observed.dataflow.clone();
                let operation = StoreOperation::WriteLedger {
                    dataflow,
                    ledger,
                    start: None,
                };
                Some(Operation::Store(*which, operation))
            }
            _ => None,
        }
    })
}

#[test]
fn a_change_that_is_only_noted_is_found() {
    let budget = Budget {
        resizes: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    let report = explore(world, 9, hasty, Check::SafetyAndProgress);
    report.print("planted: notes what was not done");
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("does not converge"), "{violation}");
}

/// An operator that notes the end, and leaves a lost pod to be made anew.
fn ungated(observed: &Observed) -> Next {
    with_operation(observed, |operation| match (operation, &observed.target) {
        (Operation::Gate(_), Target::Run(goal)) => Some(Operation::Complete(Completed {
            revision: goal.revision.clone(),
            restarted_at: None,
        })),
        _ => None,
    })
}

#[test]
fn an_end_that_is_not_guarded_is_found() {
    let budget = Budget {
        ends: 1,
        kills: 1,
        ..Budget::default()
    };
    let report = explore(World::running(2, budget), 8, ungated, Check::Safety);
    report.print("planted: runs again after the end");
    let violation = report.violation.expect("the planted fault is found");
    assert!(
        violation.contains("what had ended runs again"),
        "{violation}"
    );
}

/// What a Deployment would do: put the new template in place while the old pods run.
fn rolling(observed: &Observed) -> Next {
    with_operation(observed, |operation| {
        match (operation, &observed.target, &observed.gang) {
            (Operation::Stop(version), Target::Run(_), Ownership::Owned(gang)) => {
                Some(Operation::Start {
                    which: RevisionRef::Target,
                    set: Some(version.clone()),
                    dataflow: observed.dataflow.clone(),
                    above: gang.stamp.as_ref().map_or(0, |stamp| stamp.start),
                    store: None,
                })
            }
            _ => None,
        }
    })
}

#[test]
fn a_rolling_update_is_found() {
    let budget = Budget {
        resizes: 1,
        ..Budget::default()
    };
    let report = explore(World::running(2, budget), 12, rolling, Check::Safety);
    report.print("planted: rolling update");
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("two gangs at once"), "{violation}");
}

/// What an operator does that trusts its cache: no look past it before the start.
fn trusting(observed: &Observed) -> Next {
    match decide(observed) {
        Next::Ask(Question::Pods) => decide(&Observed {
            answers: Answers {
                pods: Some(Vec::new()),
                ..observed.answers.clone()
            },
            ..observed.clone()
        }),
        next => next,
    }
}

#[test]
fn trusting_the_cache_is_found() {
    let budget = Budget {
        deletions: 1,
        ..Budget::default()
    };
    let report = explore(World::half_blind(budget), 11, trusting, Check::Safety);
    report.print("planted: trusts the cache");
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("two gangs at once"), "{violation}");
}

/// An operator that never looks at a failed gang again.
fn indifferent(observed: &Observed) -> Next {
    with_operation(observed, |operation| {
        match (operation, &observed.target, &observed.gang) {
            (Operation::Stop(_), Target::Run(goal), Ownership::Owned(gang))
                if gang
                    .stamp
                    .as_ref()
                    .is_some_and(|stamp| stamp.size == goal.size) =>
            {
                Some(Operation::None)
            }
            _ => None,
        }
    })
}

#[test]
fn a_gang_that_is_left_in_pieces_is_found() {
    let budget = Budget {
        deaths: 1,
        ticks: 2,
        ..Budget::default()
    };
    let report = explore(
        World::running(2, budget),
        8,
        indifferent,
        Check::SafetyAndProgress,
    );
    report.print("planted: leaves a broken gang");
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("does not converge"), "{violation}");
}

/// The same store, as a ledger says it.
fn known(observed: &mut Observed) -> Option<&mut StoreLedger> {
    match &mut observed.last_status.ledger {
        LedgerState::Known(ledger) => Some(ledger),
        LedgerState::Unknown | LedgerState::Unreadable(_) => None,
    }
}

/// An operator that carries out what the spec says, as often as it says it.
fn repeating(observed: &Observed) -> Next {
    let mut willing = observed.clone();
    let timeline = known(&mut willing).map(|ledger| ledger.timeline.clone());
    if let (Some(action), Some(timeline)) = (&mut willing.store.action, timeline) {
        action.expect.timeline = Some(timeline);
    }
    decide(&willing)
}

#[test]
fn an_order_that_is_carried_out_twice_is_found() {
    let budget = Budget {
        actions: 1,
        ..Budget::default()
    };
    let world = World::keeping(1, budget, decide);
    let report = explore(world, 5, repeating, Check::SafetyAndProgress);
    report.print("planted: carries out an order again");
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("more often than ordered"), "{violation}");
}

/// An operator that gives up what was on a lost volume without being told to.
fn self_willed(observed: &Observed) -> Next {
    let refused = |decision: &Decision| decision.summary.reason == Reason::StoreRefused;
    match decide(observed) {
        Next::Do(decision) if refused(&decision) => {}
        next => return next,
    }
    let mut willing = observed.clone();
    let meant = known(&mut willing).map(|ledger| (ledger.id.clone(), ledger.timeline.clone()));
    willing.store.action = meant.map(|(store_id, timeline)| RecoveryAction {
        kind: ActionKind::Reset,
        point: None,
        steps: Vec::new(),
        expect: ExpectedStore {
            store_id,
            timeline: Some(timeline),
        },
    });
    decide(&willing)
}

#[test]
fn state_that_is_given_up_unasked_is_found() {
    let budget = Budget {
        claims: 1,
        edits: 1,
        ..Budget::default()
    };
    let world = World::keeping(1, budget, decide);
    let report = explore(world, 5, self_willed, Check::SafetyAndProgress);
    report.print("planted: gives up state unasked");
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("more often than ordered"), "{violation}");
}

/// An operator that begins a change under the number of the last one.
fn uncounted(observed: &Observed) -> Next {
    instead(observed, |mut decision| {
        if let Operation::Store(_, StoreOperation::WriteLedger { ledger, .. }) =
            &mut decision.operation
            && ledger.pending.is_some()
            && ledger.change_number > 1
        {
            ledger.change_number -= 1;
        }
        decision.into()
    })
}

#[test]
fn a_change_without_a_number_of_its_own_is_found() {
    let budget = Budget {
        repartitions: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    let report = explore(world, 4, uncounted, Check::SafetyAndProgress);
    report.print("planted: counts no changes");
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("does not converge"), "{violation}");
}
