//! Seeded faults: operators with one fault each. The exploration must find every fault, or it proves nothing.

mod suspension;

use dataflow::spec::{ActionKind, ExpectedStore, RecoveryAction};
use dataflow::status::{Completed, Reason};

use super::cluster::Budget;
use super::explore::{Check, explore};
use super::world::World;
use crate::decide::{Decision, Next, Operation, Question, StoreOperation, decide};
use crate::observed::{
    Answers, Claim, LedgerState, Observed, Ownership, RevisionRef, StoreLedger, Target,
};

/// Replaces the real decision.
fn instead(observed: &Observed, change: impl FnOnce(Decision) -> Next) -> Next {
    match decide(observed) {
        Next::Ask(question) => Next::Ask(question),
        Next::Do(decision) => change(decision),
    }
}

/// Replaces the operation of the real decision.
fn with_operation(
    observed: &Observed,
    replace: impl FnOnce(&Operation) -> Option<Operation>,
) -> Next {
    instead(observed, |decision| match replace(&decision.operation) {
        Some(operation) => Decision {
            operation,
            ..decision
        }
        .into(),
        None => decision.into(),
    })
}

/// An operator that creates a store wherever it finds none.
fn recreates_store(observed: &Observed) -> Next {
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
fn replaced_volume_is_found() {
    let budget = Budget {
        claims: 1,
        edits: 1,
        ..Budget::default()
    };
    let world = World::keeping(1, budget, decide);
    let report = explore(world, 5, recreates_store, Check::SafetyAndProgress);
    report.print("seeded: replaces a lost volume");
    let violation = report.violation.expect("the seeded fault is found");
    assert!(violation.contains("made twice"), "{violation}");
}

/// An operator that starts fewer processes without moving their partitions.
fn skips_move(observed: &Observed) -> Next {
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
fn unmoved_partitions_are_found() {
    let budget = Budget {
        resizes: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    let report = explore(world, 5, skips_move, Check::SafetyAndProgress);
    report.print("seeded: leaves partitions behind");
    let violation = report.violation.expect("the seeded fault is found");
    assert!(
        violation.contains("without all of its state"),
        "{violation}"
    );
}

/// An operator that records a store change as completed when it has only begun.
fn ends_change_early(observed: &Observed) -> Next {
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
fn change_recorded_but_not_made_is_found() {
    let budget = Budget {
        resizes: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    let report = explore(world, 9, ends_change_early, Check::SafetyAndProgress);
    report.print("seeded: records an unfinished change");
    let violation = report.violation.expect("the seeded fault is found");
    assert!(violation.contains("does not converge"), "{violation}");
}

/// An operator that records the end of input without a scheduling gate, so a lost pod is recreated.
fn skips_gate(observed: &Observed) -> Next {
    with_operation(observed, |operation| match (operation, &observed.target) {
        (Operation::Gate(_), Target::Run(goal)) => Some(Operation::Complete(Completed {
            revision: goal.revision.clone(),
            restarted_at: None,
        })),
        _ => None,
    })
}

#[test]
fn end_of_input_without_gate_is_found() {
    let budget = Budget {
        ends: 1,
        kills: 1,
        ..Budget::default()
    };
    let report = explore(World::running(2, budget), 8, skips_gate, Check::Safety);
    report.print("seeded: runs again after the end");
    let violation = report.violation.expect("the seeded fault is found");
    assert!(
        violation.contains("what had ended runs again"),
        "{violation}"
    );
}

/// An operator that writes the new template while the old pods run, as a Deployment does.
fn rolling_update(observed: &Observed) -> Next {
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
fn start_beside_running_gang_is_found() {
    let budget = Budget {
        resizes: 1,
        ..Budget::default()
    };
    let report = explore(World::running(2, budget), 12, rolling_update, Check::Safety);
    report.print("seeded: rolling update");
    let violation = report.violation.expect("the seeded fault is found");
    assert!(violation.contains("two gangs at once"), "{violation}");
}

/// An operator that does not list the pods from the API server before a start.
fn trusts_cache(observed: &Observed) -> Next {
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
fn start_without_listing_pods_is_found() {
    let budget = Budget {
        deletions: 1,
        ..Budget::default()
    };
    let report = explore(World::half_blind(budget), 11, trusts_cache, Check::Safety);
    report.print("seeded: trusts the cache");
    let violation = report.violation.expect("the seeded fault is found");
    assert!(violation.contains("two gangs at once"), "{violation}");
}

/// An operator that never restarts an unconnected gang.
fn ignores_unconnected_gang(observed: &Observed) -> Next {
    with_operation(observed, |operation| {
        match (operation, &observed.target, &observed.gang) {
            (Operation::Stop(_), Target::Run(goal), Ownership::Owned(gang))
                if gang
                    .stamp
                    .as_ref()
                    .is_some_and(|stamp| stamp.processes == goal.processes) =>
            {
                Some(Operation::None)
            }
            _ => None,
        }
    })
}

#[test]
fn unconnected_gang_is_found() {
    let budget = Budget {
        deaths: 1,
        ticks: 2,
        ..Budget::default()
    };
    let report = explore(
        World::running(2, budget),
        8,
        ignores_unconnected_gang,
        Check::SafetyAndProgress,
    );
    report.print("seeded: leaves an unconnected gang");
    let violation = report.violation.expect("the seeded fault is found");
    assert!(violation.contains("does not converge"), "{violation}");
}

/// Returns the ledger, if it is known.
fn known(observed: &mut Observed) -> Option<&mut StoreLedger> {
    match &mut observed.last_status.ledger {
        LedgerState::Known(ledger) => Some(ledger),
        LedgerState::Unknown | LedgerState::Unreadable(_) => None,
    }
}

/// An operator that runs the recovery action of the spec again and again.
fn repeats_action(observed: &Observed) -> Next {
    let mut changed = observed.clone();
    let timeline = known(&mut changed).map(|ledger| ledger.timeline.clone());
    if let (Some(action), Some(timeline)) = (&mut changed.store.action, timeline) {
        action.expect.timeline = Some(timeline);
    }
    decide(&changed)
}

#[test]
fn repeated_action_is_found() {
    let budget = Budget {
        actions: 1,
        ..Budget::default()
    };
    let world = World::keeping(1, budget, decide);
    let report = explore(world, 5, repeats_action, Check::SafetyAndProgress);
    report.print("seeded: repeats a recovery action");
    let violation = report.violation.expect("the seeded fault is found");
    assert!(
        violation.contains("more often than requested"),
        "{violation}"
    );
}

/// An operator that drops the state of a lost volume without a request.
fn drops_state_unasked(observed: &Observed) -> Next {
    let refused = |decision: &Decision| decision.summary.reason == Reason::StoreRefused;
    match decide(observed) {
        Next::Do(decision) if refused(&decision) => {}
        next => return next,
    }
    let mut changed = observed.clone();
    let current = known(&mut changed).map(|ledger| (ledger.id.clone(), ledger.timeline.clone()));
    changed.store.action = current.map(|(store_id, timeline)| RecoveryAction {
        kind: ActionKind::Reset,
        point: None,
        steps: Vec::new(),
        expect: ExpectedStore {
            store_id,
            timeline: Some(timeline),
        },
    });
    decide(&changed)
}

#[test]
fn state_dropped_without_request_is_found() {
    let budget = Budget {
        claims: 1,
        edits: 1,
        ..Budget::default()
    };
    let world = World::keeping(1, budget, decide);
    let report = explore(world, 5, drops_state_unasked, Check::SafetyAndProgress);
    report.print("seeded: drops state without a request");
    let violation = report.violation.expect("the seeded fault is found");
    assert!(
        violation.contains("more often than requested"),
        "{violation}"
    );
}

/// An operator that begins a store change under the number of the last one.
fn reuses_change_number(observed: &Observed) -> Next {
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
fn reused_change_number_is_found() {
    let budget = Budget {
        repartitions: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    let report = explore(world, 4, reuses_change_number, Check::SafetyAndProgress);
    report.print("seeded: reuses a change number");
    let violation = report.violation.expect("the seeded fault is found");
    assert!(violation.contains("does not converge"), "{violation}");
}
