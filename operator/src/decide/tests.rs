//! Tables over everything that decides: one row for every line of the state logic.

mod action;
mod adopt;
mod backups;
mod change;
mod end_of_input;
mod growth;
mod progress;
mod start;
mod state;
mod store;
mod supervise;
mod suspend;

use std::collections::BTreeMap;

use dataflow::status::{Completed, Formed, Reason};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use super::{Decision, Deed, Kind, Question, Step, StoreStep, decide};
use crate::observed::{
    Answer, Answers, Backups, Cause, Death, Doing, Gang, Goal, InitFailure, Ledger, Observed, Part,
    Parts, Pod, Probe, ProbeOutcome, ProcessReport, Resumption, Slot, Stamp, StoreObjects,
    StoreRecord, Surplus, SurplusKind, Target, Version, Waits, Which,
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

fn goal(revision: &str, size: i32) -> Goal {
    Goal {
        revision: revision.to_owned(),
        size,
        restarted_at: None,
        keep_alive: false,
        store: None,
        backup: None,
        parts: Parts {
            code_config_map: Part::Current,
            code_available: true,
            record: Part::Current,
            headless_service: Part::Current,
            api_service: Part::Current,
        },
    }
}

fn stamp(revision: &str, size: i32) -> Stamp {
    Stamp {
        revision: revision.to_owned(),
        size,
        start: 3,
        restarted_at: None,
    }
}

fn gang(revision: &str, size: i32, replicas: i32) -> Gang {
    Gang {
        version: version("set"),
        replicas,
        stamp: Some(stamp(revision, size)),
        settled: true,
        existing: replicas,
        gated: false,
        own_volumes: false,
        store: None,
        kept: None,
    }
}

fn pod(index: i32, revision: &str, size: i32) -> Pod {
    Pod {
        name: format!("flow-{index}"),
        version: version(&format!("pod-{index}")),
        created: at(0),
        stamp: Some(stamp(revision, size)),
        controller: Some("uid-set".to_owned()),
        deleting: None,
        node: Some("node-1".to_owned()),
        ready: true,
        ready_changed: at(10),
        unschedulable: None,
        doing: Doing::Running(at(5)),
        restarts: 0,
        death: None,
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

/// Two processes of the old revision, all well, at second 1000.
fn world() -> Observed {
    Observed {
        now: at(1000),
        dataflow: version("dataflow"),
        deleting: false,
        suspend: false,
        ledger: Ledger {
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
            store: StoreRecord::Unknown,
        },
        target: Target::Run(goal(OLD, 2)),
        running: Some(goal(OLD, 2)),
        previous_revision: None,
        gang: Slot::Ours(gang(OLD, 2, 2)),
        pods: vec![pod(0, OLD, 2), pod(1, OLD, 2)],
        probes: Vec::new(),
        store: StoreObjects::default(),
        backups: Backups::unasked(at(1000)),
        surplus: Vec::new(),
        crd_too_old: false,
        probe_deadline: 120,
        answers: Answers::default(),
    }
}

/// Nothing exists yet.
fn fresh() -> Observed {
    Observed {
        ledger: Ledger::default(),
        running: None,
        gang: Slot::Absent,
        pods: Vec::new(),
        ..world()
    }
}

/// The spec asks for another revision.
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

fn target_goal(o: &mut Observed) -> &mut Goal {
    match &mut o.target {
        Target::Run(goal) => goal,
        _ => panic!("the target is a gang"),
    }
}

fn the_gang(o: &mut Observed) -> &mut Gang {
    match &mut o.gang {
        Slot::Ours(gang) => gang,
        _ => panic!("the gang is ours"),
    }
}

fn word(step: &Step) -> String {
    match step {
        Step::Start {
            which, set, above, ..
        } => {
            let how = if set.is_some() { "update" } else { "create" };
            format!("Start {which:?} {how} above {above}")
        }
        Step::Stop(_) => "Stop".to_owned(),
        Step::DeleteProbe(name, _) => format!("DeleteProbe {name}"),
        Step::DeletePods(pods) => format!("DeletePods {}", pods.len()),
        Step::CreateCodeConfigMap(which) => format!("CreateCodeConfigMap {which:?}"),
        Step::CreateRecord(which) => format!("CreateRecord {which:?}"),
        Step::WriteHeadlessService(which, _) => format!("WriteHeadlessService {which:?}"),
        Step::WriteApiService(which, _) => format!("WriteApiService {which:?}"),
        Step::Store(_, StoreStep::WriteLedger { ledger, .. }) => {
            let pending = ledger.pending.as_ref();
            let places = pending.map_or(&ledger.places, |it| &it.places);
            let kind = pending.map_or(String::new(), |it| format!("{:?} ", it.kind));
            let left = if ledger.detached { " detached" } else { "" };
            format!("WriteLedger {} {kind}{places:?}{left}", ledger.step)
        }
        Step::Store(_, StoreStep::CreateClaim(ordinal)) => format!("CreateClaim {ordinal}"),
        Step::Store(_, StoreStep::GrowClaim { ordinal, uid }) => {
            format!("GrowClaim {ordinal} {uid}")
        }
        Step::Store(
            _,
            StoreStep::CreatePod {
                kind,
                part,
                volumes,
            },
        ) => format!("CreatePod {kind:?} {part} {volumes:?}"),
        Step::Store(_, StoreStep::DeletePod(name, _)) => format!("DeletePod {name}"),
        Step::RemoveSet(_) => "RemoveSet".to_owned(),
        Step::Gate(_) => "Gate".to_owned(),
        Step::Complete(_) => "Complete".to_owned(),
        Step::Drop(surplus) => format!("Drop {}", surplus.name),
        Step::Store(_, StoreStep::Inspect(volumes)) => format!("Inspect {volumes:?}"),
        Step::Rest | Step::BackUp | Step::CreateProbe => format!("{step:?}"),
    }
}

/// The decision, which asks nothing.
fn deed(o: &Observed) -> Deed {
    match decide(o) {
        Decision::Do(deed) => deed,
        Decision::Ask(question) => panic!("asks {question:?}"),
    }
}

fn check(o: &Observed, step: &str, kind: Kind, reason: Reason) -> Deed {
    let deed = deed(o);
    assert_eq!(word(&deed.step), step, "{deed:?}");
    assert_eq!(
        (deed.standing.kind, deed.standing.reason),
        (kind, reason),
        "{deed:?}"
    );
    deed
}

/// The question is asked, and not again once there is an answer, even an empty one.
fn asks(o: &Observed, question: Question) {
    let answer = match &question {
        Question::Pods => Answer::Pods(Vec::new()),
        Question::Processes => Answer::Processes(vec![None; o.pods.len()]),
        Question::StoredSteps => Answer::StoredSteps(vec![None; o.pods.len()]),
        Question::Backups => Answer::Backups(Vec::new()),
        Question::Resumption => Answer::Resumption(None),
        Question::Inspection(_) => Answer::Inspection(Err("nothing".to_owned())),
    };
    let asked = Decision::Ask(question);
    assert_eq!(decide(o), asked);
    let answered = with(o.clone(), |o| o.note(answer));
    assert_ne!(decide(&answered), asked, "is asked again");
}

use Kind::{Progressing, Settled, Stalled};

/// The old gang, scaled to 0 on the way to the new revision.
fn stopped() -> Observed {
    with(edited(), |o| {
        o.gang = Slot::Ours(gang(OLD, 2, 0));
        o.pods.clear();
        o.probes.push(probe(NEW, ProbeOutcome::Passed));
    })
}

/// A gang whose pods run and are not connected.
fn apart(change: impl FnOnce(&mut Observed)) -> Observed {
    with(world(), |o| {
        for pod in &mut o.pods {
            pod.ready = false;
            pod.ready_changed = at(995);
            pod.doing = Doing::Running(at(995));
        }
        o.answers.processes = Some(vec![Some(live(0, None)), Some(live(1, None))]);
        change(o);
    })
}

/// What the agent of a process says whose engine has not ended.
fn live(process: u32, waits: Option<(&str, bool)>) -> ProcessReport {
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

/// The spec has a fault.
fn refused(o: Observed) -> Observed {
    let message = "spec.image.tag: is empty".to_owned();
    Observed {
        target: Target::Refused {
            not_supported: false,
            message,
        },
        ..o
    }
}
