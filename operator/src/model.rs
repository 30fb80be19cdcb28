//! Every order of events, explored: a small model of the API server, the StatefulSet controller, the
//! kubelet and two operators that both believe they lead, driven by the real [`decide`].
//!
//! A state is explored once. Faults have budgets, so that the space is finite; within them every
//! interleaving is tried: stale caches, crashes of an operator before and after any write, edits,
//! deleted and killed pods, a deleted `StatefulSet`, deleted children.
//!
//! [`decide`]: crate::decide::decide

mod act;
mod actors;
mod cluster;
mod explore;
mod operator;
mod view;

use crate::decide::{Decision, Step, Which, decide};
use crate::observed::{Completion, Observed, Slot, Target};
use cluster::{Budget, World};
use explore::{Check, Report, explore};

fn print(name: &str, report: &Report) {
    println!(
        "{name}: {} states, {} transitions, depth {}, {} violations",
        report.states,
        report.transitions,
        report.depth,
        u32::from(report.violation.is_some())
    );
}

fn no_violation(name: &str, world: World, depth: usize) {
    let report = explore(world, depth, decide, Check::SafetyAndProgress);
    print(name, &report);
    if let Some(violation) = &report.violation {
        panic!("{name}: {violation}");
    }
    assert!(report.states > 1000, "the model is alive");
}

#[test]
fn a_first_start_survives_every_order() {
    let budget = Budget {
        crashes: 1,
        kills: 1,
        ..Budget::default()
    };
    no_violation("first start", World::fresh(2, budget), 15);
}

#[test]
fn a_change_of_code_survives_every_order() {
    let budget = Budget {
        edits: 1,
        crashes: 1,
        ..Budget::default()
    };
    no_violation("change of code", World::running(2, budget), 17);
}

#[test]
fn a_change_of_size_survives_every_order() {
    let budget = Budget {
        resizes: 1,
        crashes: 1,
        kills: 1,
        ..Budget::default()
    };
    no_violation("change of size", World::running(2, budget), 9);
}

#[test]
fn suspending_survives_every_order() {
    let budget = Budget {
        suspensions: 2,
        crashes: 1,
        ..Budget::default()
    };
    no_violation("suspend and resume", World::running(2, budget), 12);
}

#[test]
fn a_deleted_stateful_set_survives_every_order() {
    let budget = Budget {
        deletions: 1,
        crashes: 1,
        orphans: 1,
        ..Budget::default()
    };
    no_violation("deleted StatefulSet", World::running(2, budget), 12);
}

#[test]
fn a_deleted_child_survives_every_order() {
    let budget = Budget {
        losses: 2,
        crashes: 1,
        kills: 1,
        ..Budget::default()
    };
    no_violation("deleted child", World::running(2, budget), 9);
}

#[test]
fn a_lost_process_survives_every_order() {
    let budget = Budget {
        deaths: 1,
        kills: 1,
        ticks: 2,
        crashes: 1,
        ..Budget::default()
    };
    no_violation("lost process", World::running(2, budget), 8);
}

#[test]
fn the_end_of_input_survives_every_order() {
    let budget = Budget {
        ends: 1,
        crashes: 1,
        edits: 1,
        kills: 1,
        ..Budget::default()
    };
    no_violation("end of input", World::running(2, budget), 10);
}

/// An operator that notes the end, and leaves a lost pod to be made anew.
fn ungated(o: &Observed) -> Decision {
    let decision = decide(o);
    match (&decision.step, &o.target) {
        (Step::Gate(_), Target::Run(goal)) => Decision {
            step: Step::Complete(Completion {
                revision: goal.revision.clone(),
                restarted_at: None,
            }),
            ..decision
        },
        _ => decision,
    }
}

#[test]
fn an_end_that_is_not_guarded_is_found() {
    let budget = Budget {
        ends: 1,
        kills: 1,
        ..Budget::default()
    };
    let report = explore(World::running(2, budget), 8, ungated, Check::Safety);
    print("planted: runs again after the end", &report);
    let violation = report.violation.expect("the planted fault is found");
    assert!(
        violation.contains("what had ended runs again"),
        "{violation}"
    );
}

/// What a Deployment would do: put the new template in place while the old pods run.
fn rolling(o: &Observed) -> Decision {
    let decision = decide(o);
    match (&decision.step, &o.target, &o.gang) {
        (Step::Stop(version), Target::Run(_), Slot::Ours(gang)) => Decision {
            step: Step::Start {
                which: Which::Target,
                set: Some(version.clone()),
                dataflow: o.dataflow.clone(),
                above: gang.stamp.as_ref().map_or(0, |stamp| stamp.start),
            },
            ..decision
        },
        _ => decision,
    }
}

#[test]
fn a_rolling_update_is_found() {
    let budget = Budget {
        resizes: 1,
        ..Budget::default()
    };
    let report = explore(World::running(2, budget), 12, rolling, Check::Safety);
    print("planted: rolling update", &report);
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("two gangs at once"), "{violation}");
}

/// What an operator does that trusts its cache: no look past it before the start.
fn trusting(o: &Observed) -> Decision {
    let decision = decide(o);
    match decision.step {
        Step::ListPods => decide(&Observed {
            listed: Some(Vec::new()),
            ..o.clone()
        }),
        _ => decision,
    }
}

/// An operator whose pod cache has not been filled since before the gang was started.
fn half_blind(budget: Budget) -> World {
    let mut world = World::running(2, budget);
    world.operators[1].pods.clear();
    world
}

#[test]
fn an_old_cache_survives_every_order() {
    let budget = Budget {
        deletions: 1,
        orphans: 1,
        ..Budget::default()
    };
    no_violation("old cache", half_blind(budget), 11);
}

#[test]
fn trusting_the_cache_is_found() {
    let budget = Budget {
        deletions: 1,
        ..Budget::default()
    };
    let report = explore(half_blind(budget), 11, trusting, Check::Safety);
    print("planted: trusts the cache", &report);
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("two gangs at once"), "{violation}");
}

/// An operator that never looks at a failed gang again.
fn indifferent(o: &Observed) -> Decision {
    let decision = decide(o);
    match (&decision.step, &o.target, &o.gang) {
        (Step::Stop(_), Target::Run(goal), Slot::Ours(gang))
            if gang
                .stamp
                .as_ref()
                .is_some_and(|stamp| stamp.size == goal.size) =>
        {
            Decision {
                step: Step::Rest,
                ..decision
            }
        }
        _ => decision,
    }
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
    print("planted: leaves a broken gang", &report);
    let violation = report.violation.expect("the planted fault is found");
    assert!(violation.contains("does not converge"), "{violation}");
}
