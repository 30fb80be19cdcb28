//! What was observed and decided -> what is said about it. Pure; nothing in it moves by itself.

mod backups;
mod outage;

use dataflow::label;
use dataflow::name::DataflowName;
use dataflow::status::{
    self, Condition, ConditionType, DataflowStatus, Formed, LastFailure, Phase, Processes, Reason,
    condition, find,
};
use dataflow::validate::{Warning, WarningKind};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::decide::{
    Decision, Kind, Standing, action_not_done, newest_failure, volumes_not_resized,
};
use crate::observed::{Death, Gang, Observed, Pod, Resumption, Slot, Stamp, Target};

/// Everything a status is made of.
pub struct Facts<'a> {
    /// Name of the Dataflow, if it can have children.
    pub name: Option<&'a DataflowName>,
    /// Generation of the spec that was looked at.
    pub generation: i64,
    /// The status so far.
    pub previous: &'a DataflowStatus,
    /// Number of processes that the spec asks for.
    pub size: i32,
    /// What was observed.
    pub observed: &'a Observed,
    /// What was decided.
    pub decision: &'a Decision,
    /// What the spec holds that has no effect.
    pub warnings: &'a [Warning],
}

/// Computes the whole status. Start number and completion are carried over: they are written by
/// the steps that they belong to.
#[must_use]
pub fn compute(facts: &Facts<'_>) -> DataflowStatus {
    let Facts {
        name,
        generation,
        previous,
        size,
        observed,
        decision,
        warnings: _,
    } = facts;
    let gang = match &observed.gang {
        Slot::Ours(gang) => Some(gang),
        Slot::Absent | Slot::Leaving | Slot::Taken(_) => None,
    };
    let stamp = gang.and_then(|gang| gang.stamp.as_ref());
    let revision = stamp
        .map(|stamp| stamp.revision.clone())
        .or_else(|| previous.revision.clone());
    let formed = decision.formed.as_ref().map(|formed| Formed {
        start: formed.start,
        restarts: i64::from(formed.restarts),
    });
    DataflowStatus {
        observed_generation: *generation,
        conditions: conditions(facts),
        phase: Some(phase(&decision.standing, previous, gang)),
        processes: Some(Processes::new(
            wanted(observed, *size),
            ready(observed, gang),
        )),
        selector: name.map(label::selector_text),
        last_failure: last_failure(facts, gang, revision.as_deref()),
        revision,
        start: previous.start,
        completed: previous.completed.clone(),
        formed: formed.or_else(|| previous.formed.clone()),
        last_outage: outage::outage(facts, gang),
        resumed: resumed(facts, stamp),
        backup_interval: backups::interval(facts),
        orphaned_steps: decision.orphaned_steps.clone(),
        // The ledger is written on its own.
        recovery: previous.recovery.clone(),
    }
}

/// Where the last start of a flow that keeps state went on.
fn resumed(facts: &Facts<'_>, stamp: Option<&Stamp>) -> Option<status::Resumed> {
    let of_this_start =
        |resumed: &status::Resumed| stamp.is_none_or(|stamp| stamp.start == resumed.start);
    match facts.observed.resumption {
        Resumption::NotAsked => facts.previous.resumed.clone().filter(of_this_start),
        // Before a stop it is asked only how far they have come.
        Resumption::Unknown if facts.decision.standing.reason == Reason::Stopping => {
            facts.previous.resumed.clone().filter(of_this_start)
        }
        // An engine may have started anew within the start.
        Resumption::Unknown => None,
        Resumption::Known(resumed) => Some(status::Resumed {
            start: stamp?.start,
            execution: whole(resumed.execution),
            epoch: whole(resumed.epoch),
            replayed_epochs: resumed.replayed.map(whole),
        }),
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn wanted(observed: &Observed, size: i32) -> i32 {
    match (&observed.target, &observed.running) {
        (Target::Run(goal), _) => goal.size,
        (Target::Refused { .. } | Target::Missing { .. }, Some(goal)) => goal.size,
        (Target::Refused { .. } | Target::Missing { .. } | Target::Parked, _) => size,
    }
}

fn ready(observed: &Observed, gang: Option<&Gang>) -> i32 {
    let of_gang = |pod: &&Pod| {
        pod.ready && pod.deleting.is_none() && gang.is_some_and(|gang| gang.stamp == pod.stamp)
    };
    i32::try_from(observed.pods.iter().filter(of_gang).count()).unwrap_or(i32::MAX)
}

fn conditions(facts: &Facts<'_>) -> Vec<Condition> {
    let Facts {
        generation,
        previous,
        observed,
        decision,
        ..
    } = facts;
    let Standing { kind, reason, .. } = &decision.standing;
    let message = message(facts);
    let before = &previous.conditions;
    let make = |type_, holds, reason, message: &str| {
        condition(
            type_,
            holds,
            reason,
            message,
            *generation,
            observed.now,
            before,
        )
    };
    let mut conditions = vec![make(
        ConditionType::Ready,
        *kind == Kind::Settled,
        *reason,
        &message,
    )];
    match kind {
        Kind::Settled => {}
        Kind::Progressing => {
            conditions.push(make(ConditionType::Reconciling, true, *reason, &message));
        }
        Kind::Stalled => conditions.push(make(ConditionType::Stalled, true, *reason, &message)),
    }
    let notices = notices(facts).into_iter();
    conditions.extend(notices.map(|(type_, reason, text)| make(type_, true, reason, &text)));
    let restorable = backups::restorable(facts);
    conditions.extend(
        restorable
            .map(|(holds, reason, text)| make(ConditionType::Restorable, holds, reason, &text)),
    );
    conditions
}

/// What is worth knowing whatever the standing is.
fn notices(facts: &Facts<'_>) -> Vec<(ConditionType, Reason, String)> {
    let unheard: Vec<&str> = facts
        .warnings
        .iter()
        .filter(|warning| warning.kind == WarningKind::ChartValuesNotHonoured)
        .map(|warning| warning.message.as_str())
        .collect();
    let unheard = (!unheard.is_empty()).then(|| unheard.join("; "));
    let found = [
        (
            ConditionType::ChartValuesNotHonoured,
            Reason::NotHonoured,
            unheard,
        ),
        (
            ConditionType::ActionNotDone,
            Reason::NotHonoured,
            action_not_done(facts.observed),
        ),
        (
            ConditionType::VolumesNotResized,
            Reason::NotHonoured,
            volumes_not_resized(facts.observed),
        ),
        (
            ConditionType::ProbeSkipped,
            Reason::Unschedulable,
            probe_skipped(facts),
        ),
    ];
    found
        .into_iter()
        .filter_map(|(type_, reason, text)| Some((type_, reason, text?)))
        .chain(backups::notices(facts))
        .collect()
}

/// The sentence for people.
///
/// The kubelet words the same trouble with an image differently from try to try; the first wording
/// stays, or status would be written at every try.
fn message(facts: &Facts<'_>) -> String {
    let Standing {
        reason, message, ..
    } = &facts.decision.standing;
    let said = find(&facts.previous.conditions, ConditionType::Stalled).filter(|said| {
        *reason == Reason::ImagePull
            && said.reason == reason.as_ref()
            && said.observed_generation == Some(facts.generation)
    });
    said.map_or_else(|| message.clone(), |said| said.message.clone())
}

/// Said from the decision to go on untried until another revision is asked for.
fn probe_skipped(facts: &Facts<'_>) -> Option<String> {
    let said = find(&facts.previous.conditions, ConditionType::ProbeSkipped);
    let still = said.filter(|said| match &facts.observed.target {
        Target::Run(goal) => said.message.contains(&goal.revision),
        Target::Parked | Target::Refused { .. } | Target::Missing { .. } => true,
    });
    let new = facts.decision.probe_skipped.clone();
    new.or_else(|| still.map(|said| said.message.clone()))
}

fn phase(standing: &Standing, previous: &DataflowStatus, gang: Option<&Gang>) -> Phase {
    let up = gang.is_some_and(|gang| gang.replicas > 0);
    match (standing.kind, standing.reason) {
        (Kind::Settled, Reason::Suspended) => Phase::Suspended,
        (Kind::Settled, Reason::Completed) => Phase::Completed,
        (Kind::Settled, _) => Phase::Running,
        (Kind::Progressing, Reason::Stopping) => Phase::Stopping,
        (Kind::Progressing, Reason::Probing | Reason::WaitingForReference) if up => Phase::Running,
        (Kind::Progressing, Reason::WaitingForReference) => Phase::Pending,
        (Kind::Progressing, _) if previous.start.is_none() && gang.is_none() => Phase::Pending,
        (Kind::Progressing, _) => Phase::Starting,
        (Kind::Stalled, Reason::CrashLoop) => Phase::Failed,
        (Kind::Stalled, _) => Phase::Stalled,
    }
}

/// Two reports this close together speak of one breakdown.
const ONE_BREAKDOWN: SignedDuration = SignedDuration::from_secs(10);

/// The newest breakdown's cause: a report that says only "a peer was lost" never displaces the
/// report of that peer, and a pod that is gone does not take its story with it.
fn last_failure(
    facts: &Facts<'_>,
    gang: Option<&Gang>,
    revision: Option<&str>,
) -> Option<LastFailure> {
    let Facts {
        previous, observed, ..
    } = facts;
    let same_revision = previous.revision.as_deref() == revision;
    let known = previous.last_failure.clone().filter(|_| same_revision);
    let up = gang.is_some_and(|gang| gang.replicas > 0);
    let Some((pod, death)) = newest_failure(&observed.pods).filter(|_| up) else {
        return known;
    };
    let Some(known) = known else {
        return Some(report(pod, death));
    };
    let time = known
        .time
        .as_ref()
        .map_or(Timestamp::UNIX_EPOCH, |time| time.0);
    let apart = death.at.duration_since(time);
    let tells_more = known.reason == PEER_LOST && !death.peer_lost;
    if apart > ONE_BREAKDOWN || (apart.abs() <= ONE_BREAKDOWN && tells_more) {
        return Some(report(pod, death));
    }
    Some(known)
}

const PEER_LOST: &str = "PeerLost";

fn report(pod: &Pod, death: &Death) -> LastFailure {
    let Death {
        at,
        exit_code,
        reason,
        peer_lost: _,
        message,
        step,
        file,
        line,
    } = death.clone();
    LastFailure {
        pod: pod.name.clone(),
        reason,
        message,
        step,
        file,
        line,
        exit_code: Some(exit_code),
        time: Some(Time(at)),
    }
}

#[cfg(test)]
mod tests;
