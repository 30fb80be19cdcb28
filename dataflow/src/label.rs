//! Keys and values of the labels and annotations that the operator writes and selects its objects by.

use std::collections::BTreeMap;

use crate::name::DataflowName;

/// Label with the name of the Dataflow, on every child. Monitors for the original platform select on it.
pub const DATAFLOW_INFO: &str = "bytewax.io/dataflow-info";

/// Label with the purpose of a pod: [`PROCESS`], [`PROBE`] or [`STORE`].
pub const COMPONENT: &str = "bytewax.io/component";

/// Label with the revision that a pod runs.
pub const REVISION: &str = "bytewax.io/revision";

/// Label with the number of the start that a pod belongs to.
pub const START: &str = "bytewax.io/start";

/// Label with the number of processes of the gang that the pod was created for.
pub const PROCESSES: &str = "bytewax.io/processes";

/// Label with the program that writes the object. The original tools use the same key.
pub const MANAGED_BY: &str = "bytewax.io/managed-by";

/// Annotation of the Dataflow that requests a restart when its value changes. The operator copies it to the pods.
pub const RESTARTED_AT: &str = "bytewax.io/restarted-at";

/// Annotation of a Dataflow, and of the record of its revision, with the stateful steps of its code. The command line
/// writes it, see [`crate::step_record`].
pub const STEPS: &str = "bytewax.io/steps";

/// Annotation of the Dataflow with the time at which a suspension ends by itself, in the form of RFC 3339.
pub const SUSPENDED_UNTIL: &str = "bytewax.io/suspended-until";

/// Annotation of the Dataflow with the person who has requested that suspension.
pub const SUSPENDED_BY: &str = "bytewax.io/suspended-by";

/// Annotation of the Dataflow with the reason of that suspension.
pub const SUSPENSION_REASON: &str = "bytewax.io/suspension-reason";

/// Annotations of the Dataflow by which people ask the operator for something that is no part of its spec.
pub const REQUESTS: [&str; 4] = [
    RESTARTED_AT,
    SUSPENDED_UNTIL,
    SUSPENDED_BY,
    SUSPENSION_REASON,
];

/// Returns true if the operator stops the processes when the value of this annotation of the Dataflow changes.
#[must_use]
pub fn stops_processes(annotation: &str) -> bool {
    matches!(annotation, RESTARTED_AT | SUSPENDED_UNTIL)
}

/// Annotation with the container that `kubectl logs` and `kubectl exec` use by default.
pub const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// Scheduling gate of pods that are created after the input has ended, since they have nothing to do.
pub const ENDED: &str = "bytewax.io/input-ended";

/// Value of [`COMPONENT`] on the pods of the gang.
pub const PROCESS: &str = "process";

/// Value of [`COMPONENT`] on the probe pod, which loads a new revision before the gang is restarted.
pub const PROBE: &str = "probe";

/// Value of [`COMPONENT`] on store pods and on the PVCs of the recovery store.
pub const STORE: &str = "store";

/// Label of a store pod, and annotation of a PVC: the change number of the store change that it was created for.
pub const STORE_STEP: &str = "bytewax.io/store-step";

/// Annotation with the identity of the recovery store that a PVC belongs to.
pub const STORE_ID: &str = "bytewax.io/store-id";

/// Value of [`MANAGED_BY`] on everything the operator creates.
pub const OPERATOR: &str = "wax-operator";

/// Returns the labels that all pods of a gang have, independent of the revision.
#[must_use]
pub fn selector(name: &DataflowName) -> BTreeMap<String, String> {
    labels(&[(DATAFLOW_INFO, name.as_str()), (COMPONENT, PROCESS)])
}

/// Returns [`selector`] as one text, the form that `status.selector` and list requests use.
#[must_use]
pub fn selector_text(name: &DataflowName) -> String {
    format!("{COMPONENT}={PROCESS},{DATAFLOW_INFO}={name}")
}

/// Returns the selector of every child of one Dataflow, as one text.
#[must_use]
pub fn owned(name: &DataflowName) -> String {
    format!("{DATAFLOW_INFO}={name}")
}

/// Returns the labels of every child of one Dataflow.
#[must_use]
pub fn common(name: &DataflowName) -> BTreeMap<String, String> {
    labels(&[
        ("app.kubernetes.io/name", "bytewax"),
        (DATAFLOW_INFO, name.as_str()),
        (MANAGED_BY, OPERATOR),
    ])
}

/// Returns true if the API server accepts the text as the value of a label.
#[must_use]
pub fn is_value(text: &str) -> bool {
    text.is_empty() || is_part(text)
}

/// Returns true if the API server accepts the text as the key of a label or an annotation.
#[must_use]
pub fn is_key(text: &str) -> bool {
    let label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(allowed)
    };
    match text.split_once('/') {
        Some((domain, name)) => {
            domain.len() <= 253 && domain.split('.').all(label) && is_part(name)
        }
        None => is_part(text),
    }
}

fn is_part(text: &str) -> bool {
    let edge = |byte: &u8| byte.is_ascii_alphanumeric();
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.first().is_some_and(edge)
        && bytes.last().is_some_and(edge)
        && bytes
            .iter()
            .all(|byte| edge(byte) || matches!(byte, b'-' | b'_' | b'.'))
}

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a", true, true)]
    #[case("", false, true)]
    #[case("1.10", true, true)]
    #[case("example.com/name_1", true, false)]
    #[case("example.com/", false, false)]
    #[case("Example.com/a", false, false)]
    #[case("a b", false, false)]
    #[case("-a", false, false)]
    #[case("a.", false, false)]
    #[case("größe", false, false)]
    #[case(&"a".repeat(63), true, true)]
    #[case(&"a".repeat(64), false, false)]
    fn label_keys_and_values_follow_the_api_rules(
        #[case] text: &str,
        #[case] key: bool,
        #[case] value: bool,
    ) {
        assert_eq!((is_key(text), is_value(text)), (key, value));
    }
}
