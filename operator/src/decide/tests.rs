//! Tables of observed states and the decisions for them.

mod action;
mod backups;
mod choose_revision;
mod end_of_input;
mod growth;
mod progress;
mod rebuild_ledger;
mod recovery;
mod start;
mod state_loss;
mod supervise;
mod suspend;

use std::collections::BTreeMap;

use dataflow::status::{Completed, Formed, Reason};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use super::{Decision, Next, Operation, Question, StoreOperation, SummaryKind, decide};
use crate::observed::{
    Answer, Answers, Backups, Cause, ChildState, ChildStates, Gang, Goal, InitFailure, LastStatus,
    LedgerState, Observed, Obsolete, ObsoleteKind, Ownership, Pod, Probe, ProbeOutcome,
    ProcessReport, ProcessState, Resumption, RevisionRef, Stamp, StoreObjects, Target, Termination,
    Version, Waits,
};

const OLD: &str = "aaaaaaaaaa";
const NEW: &str = "bbbbbbbbbb";

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn version(id: &str) -> Version {
    Version {
        uid: format!("uid-{id}"),
        resource_version: "7".to_owned(),
    }
}

fn goal(revision: &str, processes: i32) -> Goal {
    Goal {
        revision: revision.to_owned(),
        processes,
        restarted_at: None,
        keep_alive: false,
        store: None,
        backup: None,
        children: ChildStates {
            code_config_map: ChildState::Current,
            code_available: true,
            record: ChildState::Current,
            headless_service: ChildState::Current,
            api_service: ChildState::Current,
        },
    }
}

fn stamp(revision: &str, processes: i32) -> Stamp {
    Stamp {
        revision: revision.to_owned(),
        processes,
        start: 3,
        restarted_at: None,
    }
}

fn gang(revision: &str, processes: i32, replicas: i32) -> Gang {
    Gang {
        version: version("set"),
        replicas,
        stamp: Some(stamp(revision, processes)),
        settled: true,
        existing: replicas,
        gated: false,
        own_volumes: false,
        store: None,
        retention: None,
    }
}

fn pod(index: i32, revision: &str, processes: i32) -> Pod {
    Pod {
        name: format!("flow-{index}"),
        version: version(&format!("pod-{index}")),
        created: at(0),
        stamp: Some(stamp(revision, processes)),
        controller: Some("uid-set".to_owned()),
        deleting: None,
        node: Some("node-1".to_owned()),
        ready: true,
        ready_changed: at(10),
        unschedulable: None,
        state: ProcessState::Running(at(5)),
        restarts: 0,
        termination: None,
        init_failure: None,
    }
}

fn probe(revision: &str, outcome: ProbeOutcome) -> Probe {
    Probe {
        name: format!("flow-probe-{revision}"),
        version: version("probe"),
        revision: revision.to_owned(),
        created: at(900),
        deleting: false,
        outcome,
        shape: None,
    }
}

/// Returns two formed processes of the old revision, at second 1000.
fn world() -> Observed {
    Observed {
        now: at(1000),
        dataflow: version("dataflow"),
        deleting: false,
        suspend: false,
        timed_suspension: None,
        last_status: LastStatus {
            start: Some(3),
            completed: None,
            formed: Some(Formed {
                start: 3,
                restarts: 0,
            }),
            resumed: Some(3),
            away: false,
            resting: false,
            state_lost: None,
            ledger: LedgerState::Unknown,
        },
        target: Target::Run(goal(OLD, 2)),
        running: Some(goal(OLD, 2)),
        previous_revision: None,
        gang: Ownership::Owned(gang(OLD, 2, 2)),
        pods: vec![pod(0, OLD, 2), pod(1, OLD, 2)],
        probes: Vec::new(),
        store: StoreObjects::default(),
        backups: Backups::unasked(at(1000)),
        obsolete: Vec::new(),
        crd_too_old: false,
        probe_deadline: 120,
        answers: Answers::default(),
    }
}

/// Returns a Dataflow without child objects.
fn fresh() -> Observed {
    Observed {
        last_status: LastStatus::default(),
        running: None,
        gang: Ownership::Absent,
        pods: Vec::new(),
        ..world()
    }
}

/// Returns a running gang, and a spec that asks for another revision.
fn edited() -> Observed {
    Observed {
        target: Target::Run(goal(NEW, 2)),
        ..world()
    }
}

fn with(mut world: Observed, change: impl FnOnce(&mut Observed)) -> Observed {
    change(&mut world);
    world
}

fn target_goal(observed: &mut Observed) -> &mut Goal {
    match &mut observed.target {
        Target::Run(goal) => goal,
        _ => panic!("the target is a gang"),
    }
}

fn the_gang(observed: &mut Observed) -> &mut Gang {
    match &mut observed.gang {
        Ownership::Owned(gang) => gang,
        _ => panic!("the gang is owned"),
    }
}

fn describe(operation: &Operation) -> String {
    match operation {
        Operation::Start {
            which, set, above, ..
        } => {
            let how = if set.is_some() { "update" } else { "create" };
            format!("Start {which:?} {how} above {above}")
        }
        Operation::Stop(_) => "Stop".to_owned(),
        Operation::DeleteProbe(name, _) => format!("DeleteProbe {name}"),
        Operation::DeletePods(pods) => format!("DeletePods {}", pods.len()),
        Operation::CreateCodeConfigMap(which) => format!("CreateCodeConfigMap {which:?}"),
        Operation::CreateRecord(which) => format!("CreateRecord {which:?}"),
        Operation::WriteHeadlessService(which, _) => format!("WriteHeadlessService {which:?}"),
        Operation::WriteApiService(which, _) => format!("WriteApiService {which:?}"),
        Operation::Store(_, StoreOperation::WriteLedger { ledger, .. }) => {
            let pending = ledger.pending.as_ref();
            let places = pending.map_or(&ledger.places, |pending| &pending.places);
            let kind = pending.map_or(String::new(), |pending| format!("{:?} ", pending.kind));
            let left = if ledger.detached { " detached" } else { "" };
            format!(
                "WriteLedger {} {kind}{places:?}{left}",
                ledger.change_number
            )
        }
        Operation::Store(_, StoreOperation::CreateClaim(ordinal)) => {
            format!("CreateClaim {ordinal}")
        }
        Operation::Store(_, StoreOperation::GrowClaim { ordinal, uid }) => {
            format!("GrowClaim {ordinal} {uid}")
        }
        Operation::Store(
            _,
            StoreOperation::CreatePod {
                kind,
                part,
                volumes,
            },
        ) => format!("CreatePod {kind:?} {part} {volumes:?}"),
        Operation::Store(_, StoreOperation::DeletePod(name, _)) => format!("DeletePod {name}"),
        Operation::RemoveSet(_) => "RemoveSet".to_owned(),
        Operation::Gate(_) => "Gate".to_owned(),
        Operation::Complete(_) => "Complete".to_owned(),
        Operation::DeleteObsolete(obsolete) => format!("DeleteObsolete {}", obsolete.name),
        Operation::Store(_, StoreOperation::Inspect(volumes)) => format!("Inspect {volumes:?}"),
        Operation::None | Operation::BackUp | Operation::CreateProbe => format!("{operation:?}"),
    }
}

/// Returns the decision. Panics if a question comes first.
fn decided(observed: &Observed) -> Decision {
    match decide(observed) {
        Next::Do(decision) => decision,
        Next::Ask(question) => panic!("asks {question:?}"),
    }
}

fn check(observed: &Observed, operation: &str, kind: SummaryKind, reason: Reason) -> Decision {
    let decision = decided(observed);
    assert_eq!(describe(&decision.operation), operation, "{decision:?}");
    assert_eq!(
        (decision.summary.kind, decision.summary.reason),
        (kind, reason),
        "{decision:?}"
    );
    decision
}

/// Checks that the question is asked, and that it is not asked again after an answer, even an empty one.
fn asks(observed: &Observed, question: Question) {
    let answer = match &question {
        Question::Pods => Answer::Pods(Vec::new()),
        Question::Processes => Answer::Processes(vec![None; observed.pods.len()]),
        Question::StoredSteps => Answer::StoredSteps(vec![None; observed.pods.len()]),
        Question::Backups => Answer::Backups(Vec::new()),
        Question::Resumption => Answer::Resumption(None),
        Question::Inspection(_) => Answer::Inspection(Err("nothing".to_owned())),
    };
    let asked = Next::Ask(question);
    assert_eq!(decide(observed), asked);
    let answered = with(observed.clone(), |observed| observed.note(answer));
    assert_ne!(decide(&answered), asked, "the question is asked again");
}

use SummaryKind::{Ready, Reconciling, Stalled};

/// Returns the old gang with 0 replicas, and a passed probe of the new revision.
fn stopped() -> Observed {
    with(edited(), |observed| {
        observed.gang = Ownership::Owned(gang(OLD, 2, 0));
        observed.pods.clear();
        observed.probes.push(probe(NEW, ProbeOutcome::Passed));
    })
}

/// Returns a gang whose pods run and are not connected.
fn not_formed(change: impl FnOnce(&mut Observed)) -> Observed {
    with(world(), |observed| {
        for pod in &mut observed.pods {
            pod.ready = false;
            pod.ready_changed = at(995);
            pod.state = ProcessState::Running(at(995));
        }
        observed.answers.processes = Some(vec![
            Some(process_report(0, None)),
            Some(process_report(1, None)),
        ]);
        change(observed);
    })
}

/// Returns the report of an agent whose engine runs.
fn process_report(process: u32, waits: Option<(&str, bool)>) -> ProcessReport {
    ProcessReport {
        start: 3,
        ended: false,
        running: true,
        formed: false,
        process,
        waits: waits.map(|(reason, overdue)| Waits {
            reason: reason.to_owned(),
            overdue,
        }),
    }
}

/// Returns `observed` with an invalid spec.
fn refused(observed: Observed) -> Observed {
    let message = "spec.image.tag: is empty".to_owned();
    Observed {
        target: Target::Refused {
            not_supported: false,
            message,
        },
        ..observed
    }
}
