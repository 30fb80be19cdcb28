//! A dataflow as it is to be or as it is, with its code: what everything here is about.

use std::collections::BTreeMap;

use dataflow::code::Code;
use dataflow::spec::Dataflow;

/// kubectl's own note of what it applied last; nobody has written it.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A dataflow with its code.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The resource: it always has a name, and a namespace only where one was given.
    pub dataflow: Dataflow,
    /// The code; empty when the resource names a ConfigMap from elsewhere.
    pub code: Code,
}

impl Rendered {
    /// Returns what people write of a flow in the cluster: name, namespace, labels, annotations and spec.
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

    /// The dataflow's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.dataflow.metadata.name.as_deref().unwrap_or_default()
    }

    /// The dataflow's namespace, where one was given.
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
    fn annotations_are_written_and_records_of_tools_are_not() {
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
