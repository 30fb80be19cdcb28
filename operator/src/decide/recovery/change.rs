//! From the store there is to the one that is asked for, step by step.

use std::collections::BTreeSet;

use dataflow::placement;
use dataflow::status::StoreChangeKind;

use super::readiness::Readiness;
use super::subject::Subject;
use super::summary::change_message;
use super::{action, claims};
use crate::decide::decision::Decision;
use crate::decide::operation::StoreOperation;
use crate::observed::{DesiredStore, Pending, RevisionRef, StoreLedger, StorePod, StoreProgress};

/// Brings a store to what is asked for.
pub(super) fn reconcile_store(
    subject: &Subject<'_>,
    ledger: &StoreLedger,
    desired: DesiredStore,
) -> Readiness {
    if let Some(action) = action::due(subject.observed, subject.which, ledger) {
        let begun = action::begun(subject.observed, subject.goal, desired, ledger, action);
        return Readiness::NotYet(subject.write(begun, "changes the state as ordered").into());
    }
    match &ledger.pending {
        Some(pending) => Readiness::NotYet(continue_change(subject, ledger, pending).into()),
        None => begin_change(subject, ledger, desired),
    }
}

/// Leaves the store as it is, because no state is kept from now on.
pub(super) fn detach(subject: &Subject<'_>, ledger: &StoreLedger) -> Decision {
    clean_up(subject).unwrap_or_else(|| {
        let left = StoreLedger {
            detached: true,
            ..ledger.clone()
        };
        subject.write(left, "leaves the recovery store")
    })
}

/// Finishes a change that has been begun.
fn continue_change(subject: &Subject<'_>, ledger: &StoreLedger, pending: &Pending) -> Decision {
    let earlier = |pod: &&StorePod| pod.change_number != ledger.change_number && !pod.deleting;
    if let Some(pod) = subject.observed.store.pods.iter().find(earlier) {
        return subject.delete(pod);
    }
    if claims::lost(subject.observed, ledger).is_some() {
        // Only a change that takes nothing from the volumes comes here without them; its pod
        // has been told of others.
        let anew = StoreLedger {
            change_number: ledger.change_number + 1,
            claims: claims::alive(subject.observed, ledger),
            ..ledger.clone()
        };
        return subject.write(anew, change_message(pending.kind));
    }
    if let Some(decision) = claims::ensure_claims(subject, ledger, &needed_volumes(ledger, pending))
    {
        return decision;
    }
    let message = change_message(pending.kind);
    for (part, volumes) in store_pods(ledger, pending) {
        let pod = subject
            .observed
            .store
            .pods
            .iter()
            .find(|pod| (pod.change_number, pod.part) == (ledger.change_number, part));
        match pod {
            None => {
                let operation = StoreOperation::CreatePod {
                    kind: pending.kind,
                    part,
                    volumes,
                };
                return subject.act(operation, message);
            }
            Some(pod) if pod.progress == StoreProgress::Done => {}
            // Where nothing was before, nothing can be left as it was.
            Some(pod) if !ledger.places.is_empty() && is_taken_back(subject, pod, pending) => {
                let as_before = StoreLedger {
                    change_number: ledger.change_number + 1,
                    pending: None,
                    ..ledger.clone()
                };
                return subject.write(as_before, "leaves the state as it was");
            }
            Some(pod) => return subject.wait_for(pod, message),
        }
    }
    subject.write(ledger_after(ledger, pending), message)
}

/// Whether a backup cannot be restored, and nobody asks for it any more. A gang finds out by
/// itself whether the store is still what it was.
fn is_taken_back(subject: &Subject<'_>, pod: &StorePod, pending: &Pending) -> bool {
    let asked = subject.observed.store.action.as_ref();
    matches!(pod.progress, StoreProgress::Failing(_))
        && pending.kind == StoreChangeKind::Restore
        && subject.which == RevisionRef::Target
        && !asked.is_some_and(|action| action::is_of(pending, action))
}

/// A store with nothing under way: is anything to be begun?
fn begin_change(subject: &Subject<'_>, ledger: &StoreLedger, desired: DesiredStore) -> Readiness {
    if let Some(decision) = clean_up(subject) {
        return Readiness::NotYet(decision.into());
    }
    let volumes = placement::volumes(desired.single_volume, subject.goal.size);
    let same_count = usize::try_from(desired.partitions).ok() == Some(ledger.places.len());
    let (kind, places) = if same_count {
        let places = placement::within(&ledger.places, &volumes);
        (StoreChangeKind::Move, places)
    } else {
        let places = placement::initial(desired.partitions, &volumes);
        (StoreChangeKind::Repartition, places)
    };
    if places != ledger.places {
        let begins = kind == StoreChangeKind::Repartition;
        let timeline = || action::next_timeline(&ledger.timeline, &subject.observed.store.fresh_id);
        let begun = StoreLedger {
            change_number: ledger.change_number + 1,
            pending: Some(Pending {
                kind,
                places,
                timeline: begins.then(timeline),
                action: None,
            }),
            ..ledger.clone()
        };
        return Readiness::NotYet(subject.write(begun, change_message(kind)).into());
    }
    match claims::ensure_claims(subject, ledger, &volumes) {
        Some(decision) => Readiness::NotYet(decision.into()),
        None => Readiness::Ready(Some(ledger.layout(Some(&volumes)))),
    }
}

/// Removes the pods of a change that is through.
fn clean_up(subject: &Subject<'_>) -> Option<Decision> {
    let pods = &subject.observed.store.pods;
    if let Some(pod) = pods.iter().find(|pod| !pod.deleting) {
        return Some(subject.delete(pod));
    }
    let pod = pods.first()?;
    Some(subject.wait_until_gone("pod", &pod.name))
}

/// The ledger after a change.
fn ledger_after(ledger: &StoreLedger, pending: &Pending) -> StoreLedger {
    let action = pending.action.as_ref();
    StoreLedger {
        timeline: pending
            .timeline
            .as_ref()
            .unwrap_or(&ledger.timeline)
            .clone(),
        places: pending.places.clone(),
        pending: None,
        detached: ledger.detached && action.is_none(),
        last_action: action.or(ledger.last_action.as_ref()).cloned(),
        ..ledger.clone()
    }
}

/// The volumes that a change needs.
fn needed_volumes(ledger: &StoreLedger, pending: &Pending) -> Vec<u32> {
    match pending.kind {
        // What lies on any volume is to go, so that no later gang finds it.
        StoreChangeKind::Restore | StoreChangeKind::Reset => {
            let after = pending.places.iter().copied();
            let all: BTreeSet<u32> = ledger.claims.keys().copied().chain(after).collect();
            all.into_iter().collect()
        }
        _ => ledger.occupied().into_iter().collect(),
    }
}

/// The pods that make a change, each with the volumes that it works on.
fn store_pods(ledger: &StoreLedger, pending: &Pending) -> Vec<(u32, Vec<u32>)> {
    let all = needed_volumes(ledger, pending);
    match pending.kind {
        StoreChangeKind::Initialise => (0..).zip(all).map(|(at, one)| (at, vec![one])).collect(),
        StoreChangeKind::Move => vec![(0, moved_volumes(ledger, pending))],
        StoreChangeKind::Repartition
        | StoreChangeKind::DropSteps
        | StoreChangeKind::Restore
        | StoreChangeKind::Reset => vec![(0, all)],
    }
}

/// The volumes that a move touches: those that partitions leave and those that they go to.
fn moved_volumes(ledger: &StoreLedger, pending: &Pending) -> Vec<u32> {
    let ways = ledger.places.iter().zip(&pending.places);
    let mut touched: Vec<u32> = ways
        .filter(|(from, to)| from != to)
        .flat_map(|(from, to)| [*from, *to])
        .collect();
    touched.sort_unstable();
    touched.dedup();
    touched
}
