//! Keys and values of the labels that the operator writes and finds its objects by.

use std::collections::BTreeMap;

use crate::name::DataflowName;

/// Name of the Dataflow, on every child. Monitors written for the original platform select on it.
pub const DATAFLOW_INFO: &str = "bytewax.io/dataflow-info";

/// What a pod is for: [`PROCESS`] or [`PROBE`].
pub const COMPONENT: &str = "bytewax.io/component";

/// Revision that a pod runs.
pub const REVISION: &str = "bytewax.io/revision";

/// Number of the start that a pod belongs to.
pub const START: &str = "bytewax.io/start";

/// Number of processes that a pod believes in.
pub const PROCESSES: &str = "bytewax.io/processes";

/// Who writes the object; the original tools label with the same key.
pub const MANAGED_BY: &str = "bytewax.io/managed-by";

/// Annotation whose change asks for a restart; on the Dataflow and copied to its pods.
pub const RESTARTED_AT: &str = "bytewax.io/restarted-at";

/// Annotation that names the container `kubectl logs` and `kubectl exec` mean.
pub const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// Value of [`COMPONENT`] on the pods of the gang.
pub const PROCESS: &str = "process";

/// Value of [`COMPONENT`] on the pod that tries a revision before it is started.
pub const PROBE: &str = "probe";

/// Value of [`MANAGED_BY`] on everything the operator creates.
pub const OPERATOR: &str = "wax-operator";

/// Labels that the pods of a gang have in common, whatever they run.
#[must_use]
pub fn selector(name: &DataflowName) -> BTreeMap<String, String> {
    labels(&[(DATAFLOW_INFO, name.as_str()), (COMPONENT, PROCESS)])
}

/// The same selector as one text, as `status.selector` and a list request need it.
#[must_use]
pub fn selector_text(name: &DataflowName) -> String {
    format!("{COMPONENT}={PROCESS},{DATAFLOW_INFO}={name}")
}

/// Selector of every child of one Dataflow, as one text.
#[must_use]
pub fn owned(name: &DataflowName) -> String {
    format!("{DATAFLOW_INFO}={name}")
}

/// Labels of every child of one Dataflow.
#[must_use]
pub fn common(name: &DataflowName) -> BTreeMap<String, String> {
    labels(&[
        ("app.kubernetes.io/name", "bytewax"),
        (DATAFLOW_INFO, name.as_str()),
        (MANAGED_BY, OPERATOR),
    ])
}

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}
