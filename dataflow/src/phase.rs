//! A Dataflow's state for people: one word and one sentence, the same wherever they are shown.

use kube::ResourceExt;

use crate::spec::Dataflow;
use crate::status::{self, ConditionType, DataflowStatus, LastFailure, Phase};

#[cfg(test)]
mod tests;

/// The state in one word; `Pending` until the operator has seen the spec as it is now.
#[must_use]
pub fn phase(dataflow: &Dataflow) -> Phase {
    match current_status(dataflow) {
        Some(status) => status.phase.unwrap_or(Phase::Pending),
        None => Phase::Pending,
    }
}

/// Why the Dataflow is in its state, in one sentence without a full stop.
#[must_use]
pub fn message(dataflow: &Dataflow) -> String {
    let name = dataflow.name_any();
    let Some(status) = &dataflow.status else {
        return format!("no operator has looked at {name} yet");
    };
    if current_status(dataflow).is_none() {
        return format!("the operator has not seen the last change of {name} yet");
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
    /// The failure in one sentence: which pod, where in the user's code, and what Python said.
    #[must_use]
    pub fn summary(&self) -> String {
        let step = self
            .step
            .as_ref()
            .map_or_else(String::new, |step| format!(" in step {step}"));
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
