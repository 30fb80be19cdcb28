//! What people see under "Events": one for every change of reason, none for a pass.

use dataflow::status::{ConditionType, DataflowStatus, find};
use kube::runtime::events::{Event, EventType};

/// The events that lead from one status to the next.
#[must_use]
pub fn between(before: &DataflowStatus, after: &DataflowStatus) -> Vec<Event> {
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
            failure.sentence(),
        ));
    }
    events
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
