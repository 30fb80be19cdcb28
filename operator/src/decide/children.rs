//! Creates and corrects the child objects that must exist before a pod can start.

use dataflow::status::Reason;

use super::decision::Decision;
use super::operation::Operation;
use super::summary::Summary;
use crate::observed::{ChildState, Goal, Observed, RevisionRef, Version};

/// Returns the next child object to write, or the reason to wait; `None` if all are current.
pub(super) fn ensure(observed: &Observed, which: RevisionRef, goal: &Goal) -> Option<Decision> {
    let Goal { children, .. } = goal;
    let summary = || {
        Summary::reconciling(
            Reason::Starting,
            "creating the objects that the processes need",
        )
    };
    if matches!(children.code_config_map, ChildState::Absent) && !children.code_available {
        return Some(Decision::idle(code_lost(goal)).requeue_after(observed, 30));
    }
    let operations = [
        need(&children.code_config_map, |_| {
            Operation::CreateCodeConfigMap(which)
        }),
        need(&children.record, |_| Operation::CreateRecord(which)),
        need(&children.headless_service, |live| {
            Operation::WriteHeadlessService(which, live)
        }),
        need(&children.api_service, |live| {
            Operation::WriteApiService(which, live)
        }),
    ];
    operations.into_iter().find_map(|need| match need {
        Need::Nothing => None,
        Need::Operation(operation) => Some(Decision::act(operation, summary())),
        Need::Wait => Some(Decision::idle(summary()).requeue_after(observed, 2)),
        Need::Foreign(what) => Some(Decision::idle(Summary::name_taken(&what))),
    })
}

/// Returns the next child object that the probe pod needs, or the reason to wait.
pub(super) fn before_probe(goal: &Goal) -> Result<Option<Operation>, Summary> {
    let needs = [
        need(&goal.children.code_config_map, |_| {
            Operation::CreateCodeConfigMap(RevisionRef::Target)
        }),
        need(&goal.children.record, |_| {
            Operation::CreateRecord(RevisionRef::Target)
        }),
    ];
    for need in needs {
        match need {
            Need::Nothing => {}
            Need::Operation(operation) => return Ok(Some(operation)),
            Need::Wait => return Err(Summary::probing()),
            Need::Foreign(what) => return Err(Summary::name_taken(&what)),
        }
    }
    Ok(None)
}

/// The operation that one child object needs.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Need {
    Nothing,
    Operation(Operation),
    Wait,
    Foreign(String),
}

fn need(state: &ChildState, write: impl FnOnce(Option<Version>) -> Operation) -> Need {
    match state {
        ChildState::Current => Need::Nothing,
        ChildState::Absent => Need::Operation(write(None)),
        ChildState::Drifted(version) => Need::Operation(write(Some(version.clone()))),
        ChildState::Terminating => Need::Wait,
        ChildState::Foreign(what) => Need::Foreign(what.clone()),
    }
}

fn code_lost(goal: &Goal) -> Summary {
    Summary::stalled(
        Reason::MissingReference,
        format!(
            "the code of revision {} was deleted, and its ConfigMap contains other code now",
            goal.revision
        ),
    )
}
