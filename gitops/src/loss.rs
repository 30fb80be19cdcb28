//! What a change of a flow would lose of its state, and the action that accepts it.
//!
//! The steps of both versions are found out elsewhere, by loading their code.

use dataflow::Dataflow;
use dataflow::cost::{self, Cost};
use dataflow::spec::{ActionKind, DataflowSpec, ExpectedStore, RecoveryAction};
use dataflow::steps::{Cause, Kept, Loss, Shape, lost, version_in};

use crate::rendered::Rendered;

/// Whether anything changes that the steps of the state depend on, so that both versions have to be loaded.
#[must_use]
pub fn may_lose(old: &Rendered, new: &Rendered) -> bool {
    let (before, after) = (&old.dataflow.spec, &new.dataflow.spec);
    let same_code = old.code == new.code
        && before.python_file_name == after.python_file_name
        && before.env == after.env;
    let same_engine = engine(before) == engine(after);
    keeps_state(before) && keeps_state(after) && !(same_code && same_engine)
}

/// Returns what of its state a flow would lose and does not order to lose, given the steps of both versions.
#[must_use]
pub fn losses(old: &Rendered, kept: Shape, new: &Rendered, shape: Shape) -> Vec<Loss> {
    let after = &new.dataflow.spec;
    // What runs is the image's engine, not the one that has loaded the code.
    let of_image = |shape: Shape, spec| Shape {
        engine: engine(spec),
        ..shape
    };
    let kept = of_image(kept, &old.dataflow.spec);
    let mut losses = lost(&Kept::from(kept), &of_image(shape, after));
    let ordered = after.recovery.as_ref().and_then(|it| it.action.as_ref());
    if let Some(action) = ordered {
        losses.retain(|loss| match action.kind {
            ActionKind::DropSteps => !action.steps.contains(&loss.step),
            ActionKind::Reset | ActionKind::Restore => false,
            ActionKind::Adopt => true,
        });
    }
    losses
}

/// Returns every reason why a change loses state: fields by their paths, then steps.
#[must_use]
pub fn causes(old: &Rendered, new: &Rendered, losses: &[Loss]) -> Vec<String> {
    let changes = cost::changes(&old.dataflow.spec, &old.code, &new.dataflow.spec, &new.code);
    let fields = changes
        .into_iter()
        .filter(|change| change.cost == Cost::StateLost)
        .map(|change| change.path);
    fields
        .chain(losses.iter().map(ToString::to_string))
        .collect()
}

/// Returns the recovery action that drops the state of steps that are gone, and nothing else.
#[must_use]
pub fn action(losses: &[Loss], expect: ExpectedStore) -> RecoveryAction {
    let whole = |loss: &Loss| matches!(&loss.cause, Cause::Format(found) if found.is_whole());
    let (kind, steps) = if losses.iter().any(whole) {
        (ActionKind::Reset, Vec::new())
    } else {
        let steps = losses.iter().map(|loss| loss.step.clone()).collect();
        (ActionKind::DropSteps, steps)
    };
    RecoveryAction {
        kind,
        point: None,
        steps,
        expect,
    }
}

/// Returns the state that a flow in the cluster has.
#[must_use]
pub fn store_of(live: &Dataflow) -> Option<ExpectedStore> {
    let recovery = live.status.as_ref()?.recovery.as_ref()?;
    Some(ExpectedStore {
        store_id: recovery.store_id.clone(),
        timeline: Some(recovery.timeline.clone()),
    })
}

/// The remark on a flow whose steps could not be compared.
#[must_use]
pub fn not_compared(name: &str, why: &str) -> String {
    format!("whether steps of `{name}` lose their state was not checked: {why}")
}

fn keeps_state(spec: &DataflowSpec) -> bool {
    spec.recovery
        .as_ref()
        .and_then(|recovery| recovery.enabled)
        .unwrap_or(false)
}

/// Version of the engine, as far as the image's tag says it.
fn engine(spec: &DataflowSpec) -> Option<String> {
    version_in(&spec.image.tag).map(str::to_owned)
}
