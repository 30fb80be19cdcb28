//! Computes the state that a change of a flow would lose, and the recovery action that accepts the loss.
//!
//! The steps of the present version come from its record ([`recorded`]), never from running its code. The steps of the
//! new version come from loading it, if it is the user's own code, or from its record. Begin reading at [`needs_check`].

use std::collections::BTreeMap;

use dataflow::cost::{self, Cost};
use dataflow::spec::{ActionKind, DataflowSpec, ExpectedStore, RecoveryAction};
use dataflow::step_record::{self, StepRecordError};
use dataflow::steps::{Cause, Kept, Loss, Shape, lost, version_in};
use dataflow::{Dataflow, label};
use kube::ResourceExt as _;
use thiserror::Error;

use crate::rendered::Rendered;

/// Reason why the steps of a version are not known without running its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum NoRecord {
    /// There is no record.
    #[error(
        "has no record of its steps, since another tool or an earlier release wrote it; a commit of the same code records them"
    )]
    Absent,
    /// The image has the code, and another image can have other code.
    #[error("has its code in the image, so its steps are not recorded")]
    InImage,
    /// The record is not usable.
    #[error(transparent)]
    Unusable(#[from] StepRecordError),
}

/// Returns true if a flow keeps state.
#[must_use]
pub fn keeps_state(flow: &Rendered) -> bool {
    keeps(&flow.dataflow.spec)
}

/// Returns true if a change can affect stateful steps, so that the steps of both versions must be compared.
#[must_use]
pub fn needs_check(old: &Rendered, new: &Rendered) -> bool {
    let (before, after) = (&old.dataflow.spec, &new.dataflow.spec);
    let same = match (before.has_code_in_image(), after.has_code_in_image()) {
        (true, true) => is_same_code_in_image(before, after),
        (false, false) => is_same_content(old, new) && engine(before) == engine(after),
        (true, false) | (false, true) => false,
    };
    keeps(before) && keeps(after) && !same && !drops_all(old, new)
}

/// Returns true if two versions whose images have the code run the same code, as for [`dataflow::cost`]. Variables do not
/// count: nothing here can tell what they change, and they seldom decide which steps a flow has.
fn is_same_code_in_image(before: &DataflowSpec, after: &DataflowSpec) -> bool {
    before.image_reference() == after.image_reference()
        && before.python_file_name == after.python_file_name
}

/// Returns true if two versions have the same code, entry point and variables, so they have the same steps.
#[must_use]
pub fn is_same_content(old: &Rendered, new: &Rendered) -> bool {
    let (before, after) = (&old.dataflow.spec, &new.dataflow.spec);
    // Code that is not part of the flow comes from its image or from a ConfigMap of another place.
    let same_place = before.image_reference() == after.image_reference()
        && before.config_map_name == after.config_map_name;
    content(old) == content(new) && (!new.code.is_empty() || same_place)
}

/// Returns the stateful steps of a flow from its record.
///
/// # Errors
/// There is no record of this code.
pub fn recorded(flow: &Rendered) -> Result<Shape, NoRecord> {
    if flow.dataflow.spec.has_code_in_image() {
        return Err(NoRecord::InImage);
    }
    let text = flow.dataflow.annotations().get(label::STEPS);
    let text = text.ok_or(NoRecord::Absent)?;
    let shape = step_record::read(text, &flow.dataflow.spec, &flow.code.hash())?;
    Ok(shape)
}

/// Sets or removes the record of a flow's steps. Returns false if the steps are too many for a record.
pub fn record(flow: &mut Rendered, shape: Option<&Shape>) -> bool {
    let (spec, code) = (&flow.dataflow.spec, flow.code.hash());
    let text = shape.and_then(|shape| step_record::write(shape, spec, &code));
    let complete = text.is_some() || shape.is_none();
    set_text(&mut flow.dataflow, text);
    complete
}

/// Returns a Dataflow without the record of its steps, which the command line derives from the rest.
#[must_use]
pub fn without_record(dataflow: &Dataflow) -> Dataflow {
    let mut dataflow = dataflow.clone();
    set_text(&mut dataflow, None);
    dataflow
}

/// Returns a flow without the record of its steps.
#[must_use]
pub fn unrecorded(flow: &Rendered) -> Rendered {
    Rendered {
        dataflow: without_record(&flow.dataflow),
        code: flow.code.clone(),
    }
}

/// Returns a Dataflow with the record of steps that another one has, if any.
#[must_use]
pub(crate) fn with_record_of(dataflow: &Dataflow, other: &Dataflow) -> Dataflow {
    let mut dataflow = dataflow.clone();
    set_text(
        &mut dataflow,
        other.annotations().get(label::STEPS).cloned(),
    );
    dataflow
}

fn set_text(dataflow: &mut Dataflow, text: Option<String>) {
    let annotations = &mut dataflow.metadata.annotations;
    let mut all: BTreeMap<_, _> = annotations.take().unwrap_or_default();
    match text {
        Some(text) => drop(all.insert(label::STEPS.to_owned(), text)),
        None => drop(all.remove(label::STEPS)),
    }
    *annotations = Some(all).filter(|all| !all.is_empty());
}

/// Returns the steps that would lose their state, without those whose loss the new version requests by a recovery
/// action.
#[must_use]
pub fn losses(old: &Rendered, kept: Shape, new: &Rendered, shape: Shape) -> Vec<Loss> {
    let (before, after) = (&old.dataflow.spec, &new.dataflow.spec);
    // The version of Bytewax comes from the image, not from the Python that loaded the code.
    let of_image = |shape: Shape, spec| Shape {
        engine: engine(spec),
        ..shape
    };
    let kept = of_image(kept, before);
    let losses = lost(&Kept::from(kept), &of_image(shape, after));
    not_requested(old, new, losses)
}

/// Returns the losses that the new version does not request by a recovery action.
pub(crate) fn not_requested(old: &Rendered, new: &Rendered, mut losses: Vec<Loss>) -> Vec<Loss> {
    let (before, after) = (&old.dataflow.spec, &new.dataflow.spec);
    if let Some(action) = new_action(before, after) {
        losses.retain(|loss| match action.kind {
            ActionKind::DropSteps => !action.steps.contains(&loss.step),
            ActionKind::Reset | ActionKind::Restore => false,
            ActionKind::Adopt => true,
        });
    }
    losses
}

/// Returns the recovery action of the new version, unless the old version has the same: an action is carried out once.
fn new_action<'a>(before: &DataflowSpec, after: &'a DataflowSpec) -> Option<&'a RecoveryAction> {
    let action = |spec: &'a DataflowSpec| spec.recovery.as_ref()?.action.as_ref();
    let earlier = before
        .recovery
        .as_ref()
        .and_then(|recovery| recovery.action.as_ref());
    action(after).filter(|action| Some(*action) != earlier)
}

/// Returns true if a recovery action of the new version drops the whole state.
#[must_use]
pub fn drops_all(old: &Rendered, new: &Rendered) -> bool {
    new_action(&old.dataflow.spec, &new.dataflow.spec)
        .is_some_and(|action| matches!(action.kind, ActionKind::Reset | ActionKind::Restore))
}

fn content(flow: &Rendered) -> String {
    step_record::content(&flow.dataflow.spec, &flow.code.hash())
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

fn keeps(spec: &DataflowSpec) -> bool {
    spec.recovery
        .as_ref()
        .and_then(|recovery| recovery.enabled)
        .unwrap_or(false)
}

/// Returns the version of Bytewax from the tag of the image, if the tag begins with one.
fn engine(spec: &DataflowSpec) -> Option<String> {
    version_in(&spec.image.tag).map(str::to_owned)
}

#[cfg(test)]
mod tests;
