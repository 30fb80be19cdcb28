//! Begin and end of outages over a sequence of statuses.

use dataflow::status::{Formed, Outage};
use store::resume::Resumed;

use dataflow::status::{DataflowStatus, Phase, Reason};

use super::super::tests::{at, decided, observed};
use crate::decide::{Decision, Operation, Summary};
use crate::observed::{Observed, Resumption};

/// A flow of two processes with its current status.
struct Flow {
    world: Observed,
    status: DataflowStatus,
}

impl Flow {
    /// Returns a flow that has formed and runs.
    fn running() -> Self {
        let previous = DataflowStatus {
            start: Some(3),
            phase: Some(Phase::Running),
            formed: Some(Formed {
                start: 3,
                restarts: 0,
            }),
            ..DataflowStatus::default()
        };
        Self {
            world: observed(),
            status: previous,
        }
        .then(1000, &runs())
    }

    /// Reconciles once at `second`, with the given decision.
    fn then(mut self, second: i64, decision: &Decision) -> Self {
        self.world.now = at(second);
        self.status = decided(&self.status, &self.world, decision);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Observed)) -> Self {
        change(&mut self.world);
        self
    }

    fn outage(&self) -> Option<(i64, Option<i64>)> {
        let read = |outage: &Outage| (outage.began.0.as_second(), outage.seconds);
        self.status.last_outage.as_ref().map(read)
    }
}

fn runs() -> Decision {
    Decision {
        formed: Some(Formed {
            start: 3,
            restarts: 0,
        }),
        ..comes_up()
    }
}

/// All processes are ready, but the gang has not formed for long enough.
fn comes_up() -> Decision {
    Decision::idle(Summary::ready(Reason::Running, ""))
}

fn starts() -> Decision {
    Decision::idle(Summary::reconciling(Reason::Starting, ""))
}

fn stops() -> Decision {
    Decision {
        operation: Operation::Stop(version()),
        ..Decision::idle(Summary::reconciling(Reason::Stopping, ""))
    }
}

fn version() -> crate::observed::Version {
    observed().dataflow
}

fn gone(world: &mut Observed) {
    world.pods.clear();
}

fn back(world: &mut Observed) {
    world.pods = observed().pods;
}

#[test]
fn change_is_outage_from_stop_until_formed() {
    let flow = Flow::running();
    assert_eq!(flow.outage(), None);
    let flow = flow.then(1100, &stops());
    assert_eq!(flow.outage(), Some((1100, None)));
    let flow = flow.with(gone).then(1103, &starts());
    assert_eq!(flow.outage(), Some((1100, None)));
    let flow = flow.with(back).then(1107, &runs());
    assert_eq!(flow.outage(), Some((1100, Some(7))));
    // A finished outage does not change.
    assert_eq!(flow.then(5000, &runs()).outage(), Some((1100, Some(7))));
}

#[test]
fn lost_process_is_an_outage() {
    let lost = |world: &mut Observed| world.pods[1].ready = false;
    let flow = Flow::running().with(lost).then(1200, &starts());
    assert_eq!(flow.outage(), Some((1200, None)));
    let flow = flow.with(back).then(1202, &runs());
    assert_eq!(flow.outage(), Some((1200, Some(2))));
}

#[test]
fn refused_revision_beside_running_one_is_no_outage() {
    let refused = Decision::idle(Summary::stalled(Reason::ProbeFailed, "no module"));
    assert_eq!(Flow::running().then(1200, &refused).outage(), None);
}

#[test]
fn suspended_flow_has_no_outage() {
    let asleep = Decision::idle(Summary::ready(Reason::Suspended, ""));
    let suspend = |world: &mut Observed| world.suspend = true;
    let flow = Flow::running().with(suspend).then(1100, &stops());
    let flow = flow.with(gone).then(1101, &asleep);
    assert_eq!(flow.outage(), None);
    // There may be several reconciles before a start number is allocated.
    let wake = |world: &mut Observed| world.suspend = false;
    let flow = flow.with(wake).then(9000, &starts());
    let flow = flow.then(9001, &starts());
    assert_eq!(flow.outage(), None);
}

#[test]
fn end_of_input_is_no_outage() {
    let ended = |world: &mut Observed| {
        for pod in &mut world.pods {
            pod.ready = false;
        }
    };
    let gate = Decision {
        operation: Operation::Gate(version()),
        ..starts()
    };
    let through = Decision::idle(Summary::ready(Reason::Completed, ""));
    let invalid = Decision::idle(Summary::stalled(Reason::InvalidSpec, ""));
    let flow = Flow::running().with(ended).then(1100, &gate);
    let flow = flow.with(gone).then(1101, &through);
    let flow = flow.then(1200, &invalid).then(1201, &invalid);
    assert_eq!(flow.outage(), None);
}

#[test]
fn unformed_gang_does_not_end_the_outage() {
    let flow = Flow::running().with(gone).then(1100, &starts());
    let flow = flow.with(back).then(1110, &comes_up());
    assert_eq!(flow.outage(), Some((1100, None)));
    let flow = flow.with(gone).then(1113, &starts());
    let flow = flow.with(back).then(1150, &runs());
    assert_eq!(flow.outage(), Some((1100, Some(50))));
}

#[test]
fn suspending_during_an_outage_discards_it() {
    let flow = Flow::running().with(gone).then(1100, &starts());
    let suspend = |world: &mut Observed| world.suspend = true;
    let asleep = Decision::idle(Summary::ready(Reason::Suspended, ""));
    assert_eq!(flow.with(suspend).then(1200, &asleep).outage(), None);
}

#[test]
fn resumption_is_reported_for_its_start_only() {
    let resumption = |flow: &Flow| {
        let resumed = flow.status.resumed.as_ref();
        resumed.map(|found| {
            (
                found.start,
                found.execution,
                found.epoch,
                found.replayed_epochs,
            )
        })
    };
    let known = |world: &mut Observed| {
        world.answers.resumption = Resumption::Known(Resumed {
            execution: 8,
            epoch: 109,
            replayed: Some(3),
            moved: false,
        });
    };
    let flow = Flow::running().with(known).then(1100, &runs());
    assert_eq!(resumption(&flow), Some((3, 8, 109, Some(3))));
    let later = |world: &mut Observed| world.answers.resumption = Resumption::NotAsked;
    let flow = flow.with(later).then(1200, &runs());
    assert_eq!(resumption(&flow), Some((3, 8, 109, Some(3))));
    // An agent that does not answer before a stop does not prove a restarted engine.
    let silent = |world: &mut Observed| world.answers.resumption = Resumption::Unknown;
    let stopping = Decision::idle(Summary::reconciling(Reason::Stopping, ""));
    let flow = flow.with(silent).then(1250, &stopping);
    assert_eq!(resumption(&flow), Some((3, 8, 109, Some(3))));
    // The agents of the running gang do not answer: the old number may be wrong.
    assert_eq!(resumption(&flow.with(silent).then(1300, &runs())), None);
}

#[test]
fn first_start_is_no_outage() {
    let mut flow = Flow {
        world: observed(),
        status: DataflowStatus::default(),
    };
    gone(&mut flow.world);
    let flow = flow.then(1000, &starts());
    assert_eq!(flow.outage(), None);
    assert_eq!(flow.with(back).then(1010, &runs()).outage(), None);
}
