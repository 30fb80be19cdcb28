//! What people see under "Events": one for every change of reason, none for a pass.

use dataflow::status::{ConditionType, DataflowStatus, find};
use kube::runtime::events::{Event, EventType};

/// What is told when it begins and when it is over, whatever else is said of the Dataflow.
const NOTICES: [ConditionType; 4] = [
    ConditionType::ActionNotDone,
    ConditionType::BackupFailing,
    ConditionType::BackupTooSlow,
    ConditionType::VolumesNotResized,
];

/// The events that lead from one status to the next.
#[must_use]
pub(crate) fn between(before: &DataflowStatus, after: &DataflowStatus) -> Vec<Event> {
    let mut events = Vec::new();
    let ready = |status: &DataflowStatus| find(&status.conditions, ConditionType::Ready).cloned();
    if let Some(now) = ready(after)
        && ready(before).is_none_or(|then| then.reason != now.reason)
    {
        let stalled = find(&after.conditions, ConditionType::Stalled).is_some();
        let type_ = if stalled {
            EventType::Warning
        } else {
            EventType::Normal
        };
        events.push(event(type_, &now.reason, now.message));
    }
    if let Some(failure) = &after.last_failure
        && after.last_failure != before.last_failure
    {
        events.push(event(
            EventType::Warning,
            "ProcessFailed",
            failure.summary(),
        ));
    }
    events.extend(
        NOTICES
            .iter()
            .filter_map(|type_| notice(*type_, before, after)),
    );
    events.extend(restorable(before, after));
    events
}

/// The event for a gang that is stopped without copies of its state having been made before.
#[must_use]
pub(crate) fn not_backed_up(why: &str) -> Event {
    let note = format!("stops without a last backup: {why}");
    event(EventType::Warning, "NotBackedUp", note)
}

/// The event for a condition that is there only while it holds.
fn notice(type_: ConditionType, before: &DataflowStatus, after: &DataflowStatus) -> Option<Event> {
    let (then, now) = (
        find(&before.conditions, type_),
        find(&after.conditions, type_),
    );
    match (then, now) {
        (Some(then), Some(now)) if then.reason == now.reason => None,
        (_, Some(now)) => Some(event(EventType::Warning, &now.type_, now.message.clone())),
        (Some(then), None) => {
            let note = format!("is over; it was: {}", then.message);
            Some(event(EventType::Normal, &format!("{type_}Ended"), note))
        }
        (None, None) => None,
    }
}

/// The event for a restore point that is lacking, or there again. The first one is no news.
fn restorable(before: &DataflowStatus, after: &DataflowStatus) -> Option<Event> {
    let lacking = |status: &DataflowStatus| {
        find(&status.conditions, ConditionType::Restorable).map(|it| it.status == "False")
    };
    let (type_, reason) = match (lacking(before), lacking(after)?) {
        (Some(true), true) | (Some(false) | None, false) => return None,
        (Some(false) | None, true) => (EventType::Warning, "NotRestorable"),
        (Some(true), false) => (EventType::Normal, "Restorable"),
    };
    let now = find(&after.conditions, ConditionType::Restorable)?;
    Some(event(type_, reason, now.message.clone()))
}

fn event(type_: EventType, reason: &str, note: String) -> Event {
    let note = (!note.is_empty()).then(|| shortened(note));
    Event {
        type_,
        reason: reason.to_owned(),
        note,
        action: "Reconcile".to_owned(),
        secondary: None,
    }
}

/// The API server refuses notes of more than 1 KiB.
fn shortened(mut note: String) -> String {
    const LIMIT: usize = 1000;
    if note.len() > LIMIT {
        let end = (0..=LIMIT)
            .rev()
            .find(|end| note.is_char_boundary(*end))
            .unwrap_or(0);
        note.truncate(end);
        note.push_str("...");
    }
    note
}

#[cfg(test)]
mod tests;
