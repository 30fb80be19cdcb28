//! Label selectors of the pods that run processes.

use dataflow::label;

/// Returns the label selector of the pods of the Dataflow `name`. `name` need not be a valid name.
#[must_use]
pub fn processes_of(name: &str) -> String {
    format!("{},{}={name}", processes(), label::DATAFLOW_INFO)
}

/// Returns the label selector of the pods that run processes of any Dataflow.
#[must_use]
pub fn processes() -> String {
    format!("{}={}", label::COMPONENT, label::PROCESS)
}
