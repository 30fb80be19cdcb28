//! The conditions of a Dataflow and their messages.

use dataflow::status::{Condition, ConditionType, Reason, condition, find};
use dataflow::validate::WarningKind;

use super::backups;
use super::facts::Facts;
use crate::decide::{Summary, SummaryKind, action_not_done, volumes_not_resized};
use crate::observed::Target;

/// Returns all conditions, `Ready` first.
pub(super) fn conditions(facts: &Facts<'_>) -> Vec<Condition> {
    let Facts {
        generation,
        previous,
        observed,
        decision,
        ..
    } = facts;
    let Summary { kind, reason, .. } = &decision.summary;
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
        *kind == SummaryKind::Ready,
        *reason,
        &message,
    )];
    match kind {
        SummaryKind::Ready => {}
        SummaryKind::Reconciling => {
            conditions.push(make(ConditionType::Reconciling, true, *reason, &message));
        }
        SummaryKind::Stalled => {
            conditions.push(make(ConditionType::Stalled, true, *reason, &message));
        }
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

/// Returns the conditions that are independent of the summary and present only while true: type, reason
/// and message.
fn notices(facts: &Facts<'_>) -> Vec<(ConditionType, Reason, String)> {
    let ignored: Vec<&str> = facts
        .warnings
        .iter()
        .filter(|warning| warning.kind == WarningKind::ChartValuesNotHonoured)
        .map(|warning| warning.message.as_str())
        .collect();
    let ignored = (!ignored.is_empty()).then(|| ignored.join("; "));
    let found = [
        (
            ConditionType::ChartValuesNotHonoured,
            Reason::NotHonoured,
            ignored,
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

/// Returns the message of the summary.
///
/// The kubelet varies its message for the same image problem between attempts. The first message is
/// kept; otherwise every attempt would cause a status write.
fn message(facts: &Facts<'_>) -> String {
    let Summary {
        reason, message, ..
    } = &facts.decision.summary;
    let previous = find(&facts.previous.conditions, ConditionType::Stalled).filter(|previous| {
        *reason == Reason::ImagePull
            && previous.reason == reason.as_ref()
            && previous.observed_generation == Some(facts.generation)
    });
    previous.map_or_else(|| message.clone(), |previous| previous.message.clone())
}

/// Returns the message of `ProbeSkipped`: set by the decision to continue without a probe, and kept until
/// the spec asks for another revision.
fn probe_skipped(facts: &Facts<'_>) -> Option<String> {
    let previous = find(&facts.previous.conditions, ConditionType::ProbeSkipped);
    let applies = previous.filter(|previous| match &facts.observed.target {
        Target::Run(goal) => previous.message.contains(&goal.revision),
        Target::Suspended | Target::Refused { .. } | Target::Missing { .. } => true,
    });
    let new = facts.decision.probe_skipped.clone();
    new.or_else(|| applies.map(|previous| previous.message.clone()))
}
