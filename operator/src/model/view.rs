//! The model's objects -> the values that decisions are made of.

use dataflow::plan::Store;
use dataflow::status::{Completed, Formed, Reason};
use jiff::{SignedDuration, Timestamp};
use store::resume::Resumed;

use super::cache::Operator;
use super::cluster::{Flow, Mark, Pod, Process, Set};
use super::volumes::Job;
use crate::decide::Deed;
use crate::observed::{
    Answers, BackupWish, Backups, Cause, Claim, Death, Doing, Gang, Goal, HeldClaim, Ledger,
    Observed, Part, Parts, Pod as Seen, Probe, ProbeOutcome, Resumption, Slot, Stamp, StoreLedger,
    StoreObjects, StorePod, StoreProgress, StoreRecord, StoreWish, Target, Version,
};

/// A tick is longer than any patience.
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

pub(super) fn rests(deed: &Deed) -> bool {
    matches!(deed.standing.reason, Reason::Suspended | Reason::Completed)
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
    Observed {
        now: at(tick),
        dataflow: Version {
            uid: "flow".to_owned(),
            resource_version: flow.version.to_string(),
        },
        deleting: false,
        suspend: flow.suspend,
        ledger: ledger(flow),
        target: Target::Run(goal(operator, flow.revision, flow.size)),
        running: ran.map(|ran| {
            let size = operator.set.as_ref().map_or(flow.size, |set| set.mark.size);
            goal(operator, ran, size)
        }),
        previous_revision: None,
        gang: operator
            .set
            .as_ref()
            .map_or(Slot::Absent, |set| Slot::Ours(gang(set))),
        pods: operator.pods.iter().map(pod).collect(),
        probes: operator
            .probes
            .iter()
            .map(|seen| probe(seen, tick))
            .collect(),
        store: store_objects(index, operator),
        // How copies stand changes nothing but what is said.
        backups: Backups::unasked(at(tick)),
        surplus: Vec::new(),
        crd_too_old: false,
        probe_deadline: 120,
        answers: Answers {
            // Nor does where they went on.
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

fn gang(set: &Set) -> Gang {
    Gang {
        version: version(set),
        replicas: i32::from(set.replicas),
        stamp: Some(stamp(set.mark)),
        settled: set.seen,
        existing: i32::from(set.existing),
        gated: set.gated,
        own_volumes: set.orders.is_some(),
        store: set.orders.as_ref().map(told),
        kept: None,
    }
}

/// Volumes of as many processes as any test has.
fn store_objects(index: usize, operator: &Operator) -> StoreObjects {
    let claim = |ordinal: u32| {
        let held = operator.objects.claims.get(&ordinal);
        let claim = Claim {
            name: format!("claim-{ordinal}"),
            held: held.map(|held| HeldClaim {
                uid: uid(held.uid),
                made_for: Some(held.made_for.clone()),
                leaving: held.leaving,
                bytes: 0,
                growth_refused: None,
            }),
        };
        (ordinal, claim)
    };
    let pod = |job: &Job| StorePod {
        name: format!("job-{}-{}", job.step(), job.part),
        version: Version {
            uid: uid(job.uid),
            resource_version: String::new(),
        },
        step: job.step(),
        part: job.part,
        deleting: false,
        progress: if job.done {
            StoreProgress::Done
        } else {
            StoreProgress::Working
        },
    };
    StoreObjects {
        claims: (0..3).map(claim).collect(),
        pods: operator.objects.jobs.iter().map(pod).collect(),
        // Two operators that open a store at once draw different ones.
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
        // No revision of the model names its steps otherwise.
        shape: None,
    }
}

fn ledger(flow: &Flow) -> Ledger {
    Ledger {
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
        store: flow
            .store
            .clone()
            .map_or(StoreRecord::Unknown, StoreRecord::Known),
    }
}

fn goal(operator: &Operator, number: u8, size: u8) -> Goal {
    let part = |there: bool| if there { Part::Current } else { Part::Absent };
    let has = |revisions: u8| part(revisions & (1 << number) != 0);
    let asked = operator.flow.as_ref().map(|flow| flow.revision);
    Goal {
        revision: revision(number),
        size: i32::from(size),
        restarted_at: None,
        keep_alive: false,
        store: operator
            .flow
            .as_ref()
            .filter(|flow| flow.keeps)
            .map(|flow| StoreWish {
                partitions: flow.counts[usize::from(number)],
                single_volume: false,
                volume_bytes: 0,
            }),
        backup: operator
            .flow
            .as_ref()
            .filter(|flow| flow.keeps)
            .map(|_| BackupWish {
                interval: 30,
                kept: 120,
            }),
        parts: Parts {
            snapshot: has(operator.children.snapshots),
            // The ConfigMap that the spec names holds the newest code only.
            code_available: asked == Some(number),
            record: has(operator.children.records),
            headless_service: part(operator.children.headless_service),
            api_service: part(operator.children.api_service),
        },
    }
}

fn stamp(mark: Mark) -> Stamp {
    Stamp {
        revision: revision(mark.revision),
        size: i32::from(mark.size),
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
        doing: match pod.process {
            Process::Waiting if pod.died.is_some() => Doing::Ended,
            Process::Waiting => Doing::Pending,
            Process::Running | Process::Ready | Process::Ended => Doing::Running(at(pod.since)),
        },
        restarts: i32::from(pod.restarts),
        death: pod.died.map(|died| Death {
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

/// What the template tells of the store.
fn told(orders: &Store) -> StoreLedger {
    StoreLedger {
        id: orders.id.clone(),
        timeline: orders.timeline.clone(),
        step: orders.change_number,
        places: orders.places.clone(),
        claims: orders.claims.clone(),
        pending: None,
        detached: false,
        last_action: None,
    }
}
