//! The phase and the message of a Dataflow for people. Every command that shows them uses these functions.

use kube::ResourceExt;

use crate::spec::Dataflow;
use crate::status::{self, ConditionType, DataflowStatus, LastFailure, Phase};
use crate::step_id;

#[cfg(test)]
mod tests;

/// Returns the phase from `status`, or `Pending` until the operator has observed the current generation of the spec.
#[must_use]
pub fn phase(dataflow: &Dataflow) -> Phase {
    match current_status(dataflow) {
        Some(status) => status.phase.unwrap_or(Phase::Pending),
        None => Phase::Pending,
    }
}

/// Returns the message that explains the phase, without a full stop.
///
/// It is the message of Stalled if that condition is true, else of Reconciling if that is true, else of Ready.
#[must_use]
pub fn message(dataflow: &Dataflow) -> String {
    let name = dataflow.name_any();
    let Some(status) = &dataflow.status else {
        return format!("no operator has processed {name} yet");
    };
    if current_status(dataflow).is_none() {
        return format!("the operator has not processed the last change of {name} yet");
    }
    let spoken = [
        ConditionType::Stalled,
        ConditionType::Reconciling,
        ConditionType::Ready,
    ]
    .into_iter()
    .filter_map(|kind| status::find(&status.conditions, kind))
    .find(|condition| condition.status == "True" || condition.type_ == "Ready");
    match spoken {
        Some(condition) if !condition.message.is_empty() => condition.message.clone(),
        _ => format!("{name} is {}", phase(dataflow).to_string().to_lowercase()),
    }
}

impl LastFailure {
    /// Returns the failure as one text: the pod, the place in the user's code, and Python's message.
    #[must_use]
    pub fn summary(&self) -> String {
        let step = self.step.as_ref().map_or_else(String::new, |step| {
            format!(" in step {}", step_id::shown(step))
        });
        let place = match (&self.file, self.line) {
            (Some(file), Some(line)) => format!(" ({file}, line {line})"),
            (Some(file), None) => format!(" ({file})"),
            (None, _) => String::new(),
        };
        format!("{} failed{step}{place}: {}", self.pod, self.message)
    }
}

fn current_status(dataflow: &Dataflow) -> Option<&DataflowStatus> {
    let generation = dataflow.metadata.generation.unwrap_or(0);
    dataflow
        .status
        .as_ref()
        .filter(|status| status.observed_generation >= generation)
}
