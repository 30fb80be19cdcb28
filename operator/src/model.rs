//! Explores every interleaving of events in a small model: the API server, the StatefulSet controller, the kubelet, and
//! two operators that both act as leader. The operators use the real [`decide`].
//!
//! Each state is explored once. Each kind of fault has a [`Budget`], so the state space is finite. Within the budgets
//! every interleaving is tried. The faults are stale caches, crashes of an operator before and after any write, deleted
//! and killed pods, deleted objects of every kind, and an emptied status. Users edit, resize and suspend the flow, also
//! until a time.
//!
//! | module | contains |
//! |---|---|
//! | `world` | the state: objects, volumes, caches of both operators |
//! | `actors`, `owner`, `recovery`, `inspection`, `suspension` | the events of everything but the operators |
//! | `operator`, `act`, `view` | the events of an operator: it observes, decides and writes |
//! | `explore`, `fair` | the search, the invariants, and convergence without faults |
//! | `seeded_faults` | operators with one fault each, which the search must find |
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
mod suspension;
mod view;
mod volumes;
mod world;

use crate::decide::decide;
use cluster::Budget;
use explore::{Check, explore};
use world::World;

/// Explores `world` and fails if an invariant is violated, or if a state does not converge.
fn no_violation(name: &str, world: World, depth: usize) {
    let report = explore(world, depth, decide, Check::SafetyAndProgress);
    report.print(name);
    if let Some(violation) = &report.violation {
        panic!("{name}: {violation}");
    }
    assert!(report.states > 1000, "the model has events");
}

#[test]
fn first_start_is_safe_under_every_interleaving() {
    let budget = Budget {
        crashes: 1,
        kills: 1,
        ..Budget::default()
    };
    no_violation("first start", World::fresh(2, budget), 15);
}

#[test]
fn code_change_is_safe_under_every_interleaving() {
    let budget = Budget {
        edits: 1,
        crashes: 1,
        ..Budget::default()
    };
    no_violation("change of code", World::running(2, budget), 17);
}

#[test]
fn size_change_is_safe_under_every_interleaving() {
    let budget = Budget {
        resizes: 1,
        crashes: 1,
        kills: 1,
        ..Budget::default()
    };
    no_violation("change of size", World::running(2, budget), 9);
}

#[test]
fn suspension_is_safe_under_every_interleaving() {
    let budget = Budget {
        suspensions: 2,
        crashes: 1,
        ..Budget::default()
    };
    no_violation("suspend and resume", World::running(2, budget), 12);
}

#[test]
fn timed_suspension_is_safe_under_every_interleaving() {
    let budget = Budget {
        timed_suspensions: 2,
        ..Budget::default()
    };
    no_violation("suspend until a time", World::running(1, budget), 11);
}

#[test]
fn stateful_timed_suspension_is_safe_under_every_interleaving() {
    let budget = Budget {
        timed_suspensions: 1,
        crashes: 1,
        ..Budget::default()
    };
    let world = World::keeping(1, budget, decide);
    no_violation("suspend until a time with state", world, 10);
}

#[test]
fn deleted_stateful_set_is_safe_under_every_interleaving() {
    let budget = Budget {
        deletions: 1,
        crashes: 1,
        orphans: 1,
        ..Budget::default()
    };
    no_violation("deleted StatefulSet", World::running(2, budget), 12);
}

#[test]
fn deleted_child_is_safe_under_every_interleaving() {
    let budget = Budget {
        losses: 2,
        crashes: 1,
        kills: 1,
        ..Budget::default()
    };
    no_violation("deleted child", World::running(2, budget), 9);
}

#[test]
fn lost_process_is_safe_under_every_interleaving() {
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
fn end_of_input_is_safe_under_every_interleaving() {
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
fn stateful_first_start_is_safe_under_every_interleaving() {
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
fn stateful_rescaling_is_safe_under_every_interleaving() {
    let budget = Budget {
        resizes: 1,
        crashes: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    no_violation("rescaling with state", world, 11);
}

#[test]
fn lost_pvc_is_never_replaced_without_action() {
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
fn repartition_is_safe_under_every_interleaving() {
    let budget = Budget {
        repartitions: 1,
        crashes: 1,
        ..Budget::default()
    };
    let world = World::keeping(2, budget, decide);
    no_violation("repartition", world, 17);
}

#[test]
fn recovery_action_runs_once_under_every_interleaving() {
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
fn restore_replaces_lost_pvc_under_every_interleaving() {
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
fn emptied_status_is_safe_under_every_interleaving() {
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
fn stale_pod_cache_is_safe_under_every_interleaving() {
    let budget = Budget {
        deletions: 1,
        orphans: 1,
        ..Budget::default()
    };
    no_violation("old cache", World::half_blind(budget), 11);
}
