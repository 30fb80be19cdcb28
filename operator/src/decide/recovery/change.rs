//! Brings an existing recovery store to the desired one by store changes, one operation per reconcile.
//!
//! A store change has these stages. Each reads its progress from the ledger and the store pods, so any operator can
//! continue it:
//!
//! | stage | function | operation |
//! |---|---|---|
//! | 1. begin | [`begin_change`], `action::ledger_with_action`, or `create::create_store` for the first one | write the ledger with the pending change |
//! | 2. clean up | [`continue_change`] | delete store pods of earlier changes |
//! | 3. PVCs | `claims::ensure_claims` | create the PVCs that are missing, write their UIDs to the ledger |
//! | 4. work | [`continue_change`] | create the store pods of [`store_pods`], wait until all are done |
//! | 5. end | [`ledger_after`] | write the ledger without the pending change |
//! | 6. clean up | [`clean_up`] | delete the store pods |
//!
//! Begin at [`reconcile_store`].

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

/// Returns the next operation towards the desired store, or the layout for the start.
pub(super) fn reconcile_store(
    subject: &Subject<'_>,
    ledger: &StoreLedger,
    desired: DesiredStore,
) -> Readiness {
    if let Some(action) = action::due(subject.observed, subject.which, ledger) {
        let begun =
            action::ledger_with_action(subject.observed, subject.goal, desired, ledger, action);
        return Readiness::NotYet(
            subject
                .write(begun, "starting the recovery action of the spec")
                .into(),
        );
    }
    match &ledger.pending {
        Some(pending) => Readiness::NotYet(continue_change(subject, ledger, pending).into()),
        None => begin_change(subject, ledger, desired),
    }
}

/// Detaches the store, because the next start keeps no state. Its volumes stay unchanged.
pub(super) fn detach(subject: &Subject<'_>, ledger: &StoreLedger) -> Decision {
    clean_up(subject).unwrap_or_else(|| {
        let detached = StoreLedger {
            detached: true,
            ..ledger.clone()
        };
        subject.write(detached, "detaching the recovery store")
    })
}

/// Returns the next operation of the pending change.
fn continue_change(subject: &Subject<'_>, ledger: &StoreLedger, pending: &Pending) -> Decision {
    let earlier = |pod: &&StorePod| pod.change_number != ledger.change_number && !pod.deleting;
    if let Some(pod) = subject.observed.store.pods.iter().find(earlier) {
        return subject.delete(pod);
    }
    if claims::lost(subject.observed, ledger).is_some() {
        // Only a change that reads nothing from the volumes gets here without them. It begins again under a new
        // number, because its store pod was created with the UIDs of other PVCs.
        let begun_again = StoreLedger {
            change_number: ledger.change_number + 1,
            claims: claims::alive(subject.observed, ledger),
            ..ledger.clone()
        };
        return subject.write(begun_again, change_message(pending.kind));
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
            // A store without partitions has no earlier state to return to.
            Some(pod) if !ledger.places.is_empty() && is_withdrawn(subject, pod, pending) => {
                let as_before = StoreLedger {
                    change_number: ledger.change_number + 1,
                    pending: None,
                    ..ledger.clone()
                };
                return subject.write(
                    as_before,
                    "canceling the restore; the state stays unchanged",
                );
            }
            Some(pod) => return subject.wait_for(pod, message),
        }
    }
    subject.write(ledger_after(ledger, pending), message)
}

/// Whether a restore fails, and the spec no longer requests it. The next start verifies that the store is still
/// complete.
fn is_withdrawn(subject: &Subject<'_>, pod: &StorePod, pending: &Pending) -> bool {
    let requested = subject.observed.store.action.as_ref();
    matches!(pod.progress, StoreProgress::Failing(_))
        && pending.kind == StoreChangeKind::Restore
        && subject.which == RevisionRef::Target
        && !requested.is_some_and(|action| action::is_of(pending, action))
}

/// Begins a move or a repartition if the placement differs from the desired one. Otherwise the store is ready as soon
/// as its PVCs exist.
fn begin_change(subject: &Subject<'_>, ledger: &StoreLedger, desired: DesiredStore) -> Readiness {
    if let Some(decision) = clean_up(subject) {
        return Readiness::NotYet(decision.into());
    }
    let volumes = placement::volumes(desired.single_volume, subject.goal.processes);
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

/// Deletes the store pods of a completed change, and waits until they are gone.
fn clean_up(subject: &Subject<'_>) -> Option<Decision> {
    let pods = &subject.observed.store.pods;
    if let Some(pod) = pods.iter().find(|pod| !pod.deleting) {
        return Some(subject.delete(pod));
    }
    let pod = pods.first()?;
    Some(subject.wait_until_gone("pod", &pod.name))
}

/// Returns the ledger after the pending change is completed.
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

/// Returns the volumes that a change needs.
fn needed_volumes(ledger: &StoreLedger, pending: &Pending) -> Vec<u32> {
    match pending.kind {
        // The old partitions are removed from every volume, so that no later gang finds them.
        StoreChangeKind::Restore | StoreChangeKind::Reset => {
            let after = pending.places.iter().copied();
            let all: BTreeSet<u32> = ledger.claims.keys().copied().chain(after).collect();
            all.into_iter().collect()
        }
        _ => ledger.occupied().into_iter().collect(),
    }
}

/// Returns the store pods of a change: the index of its part, and the volumes that it mounts.
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

/// Returns the source and target volumes of a move.
fn moved_volumes(ledger: &StoreLedger, pending: &Pending) -> Vec<u32> {
    let moves = ledger.places.iter().zip(&pending.places);
    let mut volumes: Vec<u32> = moves
        .filter(|(from, to)| from != to)
        .flat_map(|(from, to)| [*from, *to])
        .collect();
    volumes.sort_unstable();
    volumes.dedup();
    volumes
}
