//! Computes the state that a change of a flow would lose, and the recovery action that accepts the loss.
//!
//! The caller finds the steps of both versions by loading their code.

use dataflow::Dataflow;
use dataflow::cost::{self, Cost};
use dataflow::spec::{ActionKind, DataflowSpec, ExpectedStore, RecoveryAction};
use dataflow::steps::{Cause, Kept, Loss, Shape, lost, version_in};

use crate::rendered::Rendered;

/// Returns true if a change can affect the stateful steps, so that the code of both versions must be loaded.
#[must_use]
pub fn may_lose(old: &Rendered, new: &Rendered) -> bool {
    let (before, after) = (&old.dataflow.spec, &new.dataflow.spec);
    let same_code = old.code == new.code
        && before.python_file_name == after.python_file_name
        && before.env == after.env;
    let same_engine = engine(before) == engine(after);
    // What an image contains cannot be loaded here. `cost::changes` tells that the cost is unknown.
    if before.has_code_in_image() || after.has_code_in_image() {
        return false;
    }
    keeps_state(before) && keeps_state(after) && !(same_code && same_engine)
}

/// Returns the steps that would lose their state, without those that the recovery action of the new version accepts.
#[must_use]
pub fn losses(old: &Rendered, kept: Shape, new: &Rendered, shape: Shape) -> Vec<Loss> {
    let after = &new.dataflow.spec;
    // The version of Bytewax comes from the image, not from the Python that loaded the code.
    let of_image = |shape: Shape, spec| Shape {
        engine: engine(spec),
        ..shape
    };
    let kept = of_image(kept, &old.dataflow.spec);
    let mut losses = lost(&Kept::from(kept), &of_image(shape, after));
    let accepted = after
        .recovery
        .as_ref()
        .and_then(|recovery| recovery.action.as_ref());
    if let Some(action) = accepted {
        losses.retain(|loss| match action.kind {
            ActionKind::DropSteps => !action.steps.contains(&loss.step),
            ActionKind::Reset | ActionKind::Restore => false,
            ActionKind::Adopt => true,
        });
    }
    losses
}

/// Returns every reason why a change loses state: first paths of fields, then steps.
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

/// Returns the recovery action that accepts the losses: DropSteps for the lost steps, or Reset if the new engine cannot
/// read the store at all.
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

/// Returns the identity of the recovery store that a flow in the cluster has.
#[must_use]
pub fn store_of(live: &Dataflow) -> Option<ExpectedStore> {
    let recovery = live.status.as_ref()?.recovery.as_ref()?;
    Some(ExpectedStore {
        store_id: recovery.store_id.clone(),
        timeline: Some(recovery.timeline.clone()),
    })
}

/// Returns the remark about a flow whose steps could not be compared.
#[must_use]
pub fn not_compared(name: &str, why: &str) -> String {
    format!("cannot check whether steps of `{name}` lose their state: {why}")
}

fn keeps_state(spec: &DataflowSpec) -> bool {
    spec.recovery
        .as_ref()
        .and_then(|recovery| recovery.enabled)
        .unwrap_or(false)
}

/// Returns the version of Bytewax from the tag of the image, if the tag begins with one.
fn engine(spec: &DataflowSpec) -> Option<String> {
    version_in(&spec.image.tag).map(str::to_owned)
}
