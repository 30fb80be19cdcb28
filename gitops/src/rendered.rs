//! A Dataflow with its code, before or after a change. Most functions of this crate work on it.

use std::collections::BTreeMap;

use dataflow::code::Code;
use dataflow::spec::Dataflow;

/// Annotation in which kubectl records the last applied object. It is not written by a user.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A Dataflow with its code.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The resource. It always has a name, and a namespace only if one was given.
    pub dataflow: Dataflow,
    /// The code; empty if the resource names a ConfigMap from another place.
    pub code: Code,
}

impl Rendered {
    /// Returns the parts of a flow in the cluster that users write: name, namespace, labels, annotations and spec.
    #[must_use]
    pub fn as_written(live: &Dataflow, code: Code) -> Self {
        let name = live.metadata.name.as_deref().unwrap_or_default();
        let mut dataflow = Dataflow::new(name, live.spec.clone());
        let written = |(key, _): &(&String, &String)| key.as_str() != LAST_APPLIED;
        let annotations = live.metadata.annotations.as_ref().map(|all| {
            let kept = all.iter().filter(written);
            kept.map(|(key, value)| (key.clone(), value.clone()))
                .collect::<BTreeMap<_, _>>()
        });
        let metadata = &mut dataflow.metadata;
        metadata.namespace.clone_from(&live.metadata.namespace);
        metadata.labels.clone_from(&live.metadata.labels);
        metadata.annotations = annotations.filter(|all| !all.is_empty());
        Self { dataflow, code }
    }

    /// Returns the name of the Dataflow.
    #[must_use]
    pub fn name(&self) -> &str {
        self.dataflow.metadata.name.as_deref().unwrap_or_default()
    }

    /// Returns the namespace of the Dataflow, if one was given.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.dataflow.metadata.namespace.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use dataflow::DataflowSpec;
    use serde_json::json;

    use super::*;

    #[test]
    fn as_written_omits_last_applied_annotation() {
        let mut live = Dataflow::new("orders", DataflowSpec::default());
        live.metadata = serde_json::from_value(json!({
            "name": "orders", "namespace": "team", "uid": "u", "resourceVersion": "7",
            "labels": {"team": "a"},
            "annotations": {"example.com/owner": "ann", LAST_APPLIED: "{}"},
        }))
        .unwrap();
        let written = Rendered::as_written(&live, Code::new()).dataflow.metadata;
        assert_eq!(
            serde_json::to_value(written).unwrap(),
            json!({
                "name": "orders", "namespace": "team", "labels": {"team": "a"},
                "annotations": {"example.com/owner": "ann"},
            })
        );
    }
}
