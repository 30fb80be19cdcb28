//! Every order of events, explored: a small model of the API server, the StatefulSet controller, the
//! kubelet and two operators that both believe they lead, driven by the real [`decide`].
//!
//! A state is explored once. Faults have budgets, so that the space is finite; within them every
//! interleaving is tried: stale caches, crashes of an operator before and after any write, edits,
//! deleted and killed pods, a deleted `StatefulSet`, deleted children and claims, an emptied status.
//!
//! [`decide`]: crate::decide::decide

mod act;
mod actors;
mod cache;
mod cluster;
mod explore;
mod fair;
mod inspection;
mod operator;
mod owner;
mod recovery;
mod seeded_faults;
mod view;
mod volumes;
mod world;

use crate::decide::decide;
use cluster::Budget;
use explore::{Check, explore};
use world::World;

fn no_violation(name: &str, world: World, depth: usize) {
    let report = explore(world, depth, decide, Check::SafetyAndProgress);
    report.print(name);
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

#[test]
fn a_first_start_with_state_survives_every_order() {
    let budget = Budget {
        crashes: 1,
        ..Budget::default()
    };
    no_violation(
        "first start with state",
        World::fresh_keeping(2, budget),
        24,
    );
}

#[test]
fn rescaling_with_state_survives_every_order() {
    let budget = Budget {
        resizes: 1,
        crashes: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    no_violation("rescaling with state", world, 11);
}

#[test]
fn a_lost_claim_is_never_made_up_for() {
    let budget = Budget {
        claims: 1,
        crashes: 1,
        kills: 1,
        ..Budget::default()
    };
    for (name, world) in [
        ("lost claim", World::keeping(2, budget, decide)),
        ("claim lost at the start", World::fresh_keeping(2, budget)),
    ] {
        let report = explore(world, 11, decide, Check::Safety);
        report.print(name);
        assert_eq!(report.violation, None, "{name}");
    }
}

#[test]
fn another_number_of_partitions_survives_every_order() {
    let budget = Budget {
        repartitions: 1,
        crashes: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    no_violation("repartition", world, 17);
}

#[test]
fn an_order_to_change_the_state_is_carried_out_once_in_every_order() {
    let budget = Budget {
        actions: 1,
        crashes: 1,
        kills: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    no_violation("restore and reset", world, 10);
}

#[test]
fn a_restore_makes_up_for_a_lost_claim_in_every_order() {
    let budget = Budget {
        claims: 1,
        actions: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    let report = explore(world, 11, decide, Check::Safety);
    report.print("restore of a lost claim");
    assert_eq!(report.violation, None);
}

#[test]
fn an_emptied_status_survives_every_order() {
    let suspended = Budget {
        wipes: 1,
        suspensions: 1,
        crashes: 1,
        ..Budget::default()
    };
    let rescaled = Budget {
        wipes: 1,
        resizes: 1,
        ..Budget::default()
    };
    let gone = Budget {
        wipes: 1,
        deletions: 1,
        ..Budget::default()
    };
    for (name, budget, depth) in [
        ("emptied status beside a suspension", suspended, 11),
        ("emptied status in a rescale", rescaled, 10),
        ("emptied status and no StatefulSet", gone, 11),
    ] {
        no_violation(name, World::keeping(2, budget, decide), depth);
    }
}

#[test]
fn an_old_cache_survives_every_order() {
    let budget = Budget {
        deletions: 1,
        orphans: 1,
        ..Budget::default()
    };
    no_violation("old cache", World::half_blind(budget), 11);
}
