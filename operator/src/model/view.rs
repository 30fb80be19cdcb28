//! Converts the cache of an operator in the model to the observed state of a decision.

use dataflow::label;
use dataflow::plan::StoreLayout;
use dataflow::spec::Dataflow;
use dataflow::status::{Completed, Formed, Reason};
use dataflow::suspension::TimedSuspension;
use jiff::{SignedDuration, Timestamp};
use store::resume::Resumed;

use super::cache::Operator;
use super::cluster::{Flow, Mark, Pod, Process, Set, Until};
use super::volumes::StorePod;
use crate::decide::Decision;
use crate::observed::{
    Answers, Backups, Cause, ChildState, ChildStates, Claim, DesiredBackup, DesiredStore, Gang,
    Goal, HeldClaim, LastStatus, LedgerState, Observed, Ownership, Pod as Seen, Probe,
    ProbeOutcome, ProcessState, Resumption, Stamp, StoreLedger, StoreObjects,
    StorePod as SeenStorePod, StoreProgress, Target, Termination, Version,
};

/// The length of a tick, which is longer than any timeout.
fn at(tick: u8) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::from(tick) * 200)
}

fn revision(number: u8) -> String {
    format!("revision-{number}")
}

pub(super) fn uid(number: u8) -> String {
    number.to_string()
}

pub(super) fn version(set: &Set) -> Version {
    Version {
        uid: uid(set.uid),
        resource_version: set.version.to_string(),
    }
}

pub(super) fn rests(decision: &Decision) -> bool {
    matches!(
        decision.summary.reason,
        Reason::Suspended | Reason::Completed
    )
}

pub(super) fn observe(index: usize, operator: &Operator, tick: u8) -> Observed {
    let flow = operator
        .flow
        .as_ref()
        .expect("an operator looks at what it has seen");
    let ran = operator
        .set
        .as_ref()
        .map(|set| set.mark.revision)
        .or(flow.ran);
    let timed_suspension = timed_suspension(flow, tick);
    Observed {
        now: at(tick),
        dataflow: Version {
            uid: "flow".to_owned(),
            resource_version: flow.version.to_string(),
        },
        deleting: false,
        suspend: flow.suspend || timed_suspension.is_some(),
        timed_suspension,
        last_status: last_status(flow),
        target: Target::Run(goal(operator, flow.revision, flow.size)),
        running: ran.map(|ran| {
            let size = operator.set.as_ref().map_or(flow.size, |set| set.mark.size);
            goal(operator, ran, size)
        }),
        previous_revision: None,
        gang: operator
            .set
            .as_ref()
            .map_or(Ownership::Absent, |set| Ownership::Owned(gang(set))),
        pods: operator.pods.iter().map(pod).collect(),
        probes: operator
            .probes
            .iter()
            .map(|seen| probe(seen, tick))
            .collect(),
        store: store_objects(index, operator),
        // Backup reports change only the status.
        backups: Backups::unasked(at(tick)),
        obsolete: Vec::new(),
        crd_too_old: false,
        probe_deadline: 120,
        answers: Answers {
            // So does the resume epoch.
            resumption: Resumption::Known(Resumed {
                execution: 0,
                epoch: 1,
                replayed: None,
                moved: true,
            }),
            ..Answers::default()
        },
    }
}

/// Returns the suspension that the annotation of a Dataflow requests, read by the real code.
fn timed_suspension(flow: &Flow, tick: u8) -> Option<TimedSuspension> {
    let text = match flow.until? {
        Until::Tick(until) => at(until).to_string(),
        Until::Unreadable => "tomorrow".to_owned(),
    };
    let mut dataflow = Dataflow::default();
    dataflow.spec.suspend = Some(flow.suspend);
    dataflow.metadata.annotations = Some([(label::SUSPENDED_UNTIL.to_owned(), text)].into());
    TimedSuspension::at(&dataflow, at(tick))
}

fn gang(set: &Set) -> Gang {
    Gang {
        version: version(set),
        replicas: i32::from(set.replicas),
        stamp: Some(stamp(set.mark)),
        settled: set.seen,
        existing: i32::from(set.existing),
        gated: set.gated,
        own_volumes: set.layout.is_some(),
        store: set.layout.as_ref().map(ledger_of_template),
        retention: None,
    }
}

/// Returns the PVCs of the largest gang of a test, and the store pods.
fn store_objects(index: usize, operator: &Operator) -> StoreObjects {
    let claim = |ordinal: u32| {
        let held = operator.objects.claims.get(&ordinal);
        let claim = Claim {
            name: format!("claim-{ordinal}"),
            held: held.map(|held| HeldClaim {
                uid: uid(held.uid),
                made_for: Some(held.made_for.clone()),
                terminating: held.terminating,
                bytes: 0,
                growth_refused: None,
            }),
        };
        (ordinal, claim)
    };
    let pod = |pod: &StorePod| SeenStorePod {
        name: format!("store-{}-{}", pod.change_number(), pod.part),
        version: Version {
            uid: uid(pod.uid),
            resource_version: String::new(),
        },
        change_number: pod.change_number(),
        part: pod.part,
        deleting: false,
        progress: if pod.done {
            StoreProgress::Done
        } else {
            StoreProgress::Working
        },
    };
    StoreObjects {
        claims: (0..3).map(claim).collect(),
        pods: operator.objects.store_pods.iter().map(pod).collect(),
        // Two operators that create a store at the same time use different identities.
        fresh_id: format!("0000000{index}-0000-4000-8000-000000000000"),
        action: operator.flow.as_ref().and_then(|flow| flow.action.clone()),
    }
}

fn probe(seen: &super::cluster::Probe, tick: u8) -> Probe {
    Probe {
        name: revision(seen.revision),
        version: Version {
            uid: uid(seen.uid),
            resource_version: String::new(),
        },
        revision: revision(seen.revision),
        created: at(tick),
        deleting: false,
        outcome: match seen.passed {
            None => ProbeOutcome::Pending,
            Some(true) => ProbeOutcome::Passed,
            Some(false) => ProbeOutcome::Failed(String::new()),
        },
        // All revisions of the model have the same steps.
        shape: None,
    }
}

fn last_status(flow: &Flow) -> LastStatus {
    LastStatus {
        start: flow.start.map(i64::from),
        completed: flow.completed.map(|ended| Completed {
            revision: revision(ended),
            restarted_at: None,
        }),
        formed: flow.formed.map(|(start, restarts)| Formed {
            start: i64::from(start),
            restarts: i64::from(restarts),
        }),
        resumed: None,
        away: false,
        state_lost: None,
        resting: flow.resting,
        ledger: flow
            .store
            .clone()
            .map_or(LedgerState::Unknown, LedgerState::Known),
    }
}

fn goal(operator: &Operator, number: u8, size: u8) -> Goal {
    let state = |there: bool| {
        if there {
            ChildState::Current
        } else {
            ChildState::Absent
        }
    };
    let has = |revisions: u8| state(revisions & (1 << number) != 0);
    let asked = operator.flow.as_ref().map(|flow| flow.revision);
    Goal {
        revision: revision(number),
        processes: i32::from(size),
        restarted_at: None,
        keep_alive: false,
        store: operator
            .flow
            .as_ref()
            .filter(|flow| flow.keeps)
            .map(|flow| DesiredStore {
                partitions: flow.counts[usize::from(number)],
                single_volume: false,
                volume_bytes: 0,
            }),
        backup: operator
            .flow
            .as_ref()
            .filter(|flow| flow.keeps)
            .map(|_| DesiredBackup {
                interval: 30,
                retention: 120,
            }),
        children: ChildStates {
            code_config_map: has(operator.children.code_config_maps),
            // The ConfigMap in the spec contains the newest code only.
            code_available: asked == Some(number),
            record: has(operator.children.records),
            headless_service: state(operator.children.headless_service),
            api_service: state(operator.children.api_service),
        },
    }
}

fn stamp(mark: Mark) -> Stamp {
    Stamp {
        revision: revision(mark.revision),
        processes: i32::from(mark.size),
        start: i64::from(mark.start),
        restarted_at: None,
    }
}

pub(super) fn pod(pod: &Pod) -> Seen {
    Seen {
        name: format!("flow-{}", pod.ordinal),
        version: Version {
            uid: uid(pod.uid),
            resource_version: String::new(),
        },
        created: at(pod.made),
        stamp: Some(stamp(pod.mark)),
        controller: pod.owner.map(uid),
        deleting: pod.terminating.then_some(Timestamp::MAX),
        node: None,
        ready: pod.process == Process::Ready,
        ready_changed: at(pod.since),
        unschedulable: None,
        state: match pod.process {
            Process::Waiting if pod.died.is_some() => ProcessState::Terminated,
            Process::Waiting => ProcessState::Pending,
            Process::Running | Process::Ready | Process::Ended => {
                ProcessState::Running(at(pod.since))
            }
        },
        restarts: i32::from(pod.restarts),
        termination: pod.died.map(|died| Termination {
            at: at(died),
            exit_code: 1,
            cause: Cause::Kubelet("Error".to_owned()),
            message: String::new(),
            step: None,
            file: None,
            line: None,
        }),
        init_failure: None,
    }
}

/// Returns the ledger that the pod template describes.
fn ledger_of_template(layout: &StoreLayout) -> StoreLedger {
    StoreLedger {
        id: layout.id.clone(),
        timeline: layout.timeline.clone(),
        change_number: layout.change_number,
        places: layout.places.clone(),
        claims: layout.claims.clone(),
        pending: None,
        detached: false,
        last_action: None,
    }
}
