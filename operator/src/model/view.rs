//! The model's objects -> the values that decisions are made of.

use dataflow::status::Reason;
use jiff::{SignedDuration, Timestamp};

use super::cluster::{Flow, Mark, Pod, Process, Set};
use super::operator::Operator;
use crate::decide::Decision;
use crate::observed::{
    Completion, Death, Doing, Formed, Gang, Goal, Ledger, Observed, Part, Parts, Pod as Seen,
    Probe, ProbeOutcome, Slot, Stamp, Target, Version,
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

pub(super) fn rests(decision: &Decision) -> bool {
    matches!(
        decision.standing.reason,
        Reason::Suspended | Reason::Completed
    )
}

pub(super) fn observe(operator: &Operator, tick: u8) -> Observed {
    let flow = operator
        .flow
        .as_ref()
        .expect("an operator looks at what it has seen");
    let gang = operator.set.as_ref().map_or(Slot::Absent, |set| {
        Slot::Ours(Gang {
            version: version(set),
            replicas: i32::from(set.replicas),
            stamp: Some(stamp(set.mark)),
            settled: set.seen,
            existing: i32::from(set.existing),
            gated: set.gated,
        })
    });
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
        gang,
        pods: operator.pods.iter().map(pod).collect(),
        probes: operator
            .probes
            .iter()
            .map(|seen| probe(seen, tick))
            .collect(),
        surplus: Vec::new(),
        crd_too_old: false,
        probe_deadline: 120,
        listed: None,
        live: None,
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
    }
}

fn ledger(flow: &Flow) -> Ledger {
    Ledger {
        start: flow.start.map(i64::from),
        completed: flow.completed.map(|ended| Completion {
            revision: revision(ended),
            restarted_at: None,
        }),
        formed: flow.formed.map(|(start, restarts)| Formed {
            start: i64::from(start),
            restarts: i32::from(restarts),
        }),
        resting: flow.resting,
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
            reason: "Error".to_owned(),
            peer_lost: false,
            message: String::new(),
            step: None,
            file: None,
            line: None,
        }),
        init_failure: None,
    }
}
