//! Protects what a flow contains from Flux, whose `postBuild` substitution replaces `${...}` in every object without a mark.
//!
//! The ConfigMap with the code always has the mark. A Dataflow gets it with the first `${` that a setting brings. A
//! Dataflow in which somebody already wrote `${...}` stays as it is: there the substitution may be wanted.

use std::collections::BTreeMap;

use dataflow::spec::{Dataflow, DataflowSpec};
use serde_json::Value;

const MARK: (&str, &str) = ("kustomize.toolkit.fluxcd.io/substitute", "disabled");

/// Returns the annotation that prevents Flux from replacing `${...}`, as a map.
pub(crate) fn mark() -> BTreeMap<String, String> {
    let (name, value) = MARK;
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

/// Marks a Dataflow if its new spec contains something that Flux would replace, and its old spec did not.
pub(crate) fn protect(dataflow: &mut Dataflow, old: &DataflowSpec) {
    if !is_replaced(old) && is_replaced(&dataflow.spec) {
        let annotations = dataflow.metadata.annotations.get_or_insert_default();
        annotations.extend(mark());
    }
}

// Flux replaces `${name}`, and turns `$$` into `$`.
fn is_replaced(spec: &DataflowSpec) -> bool {
    serde_json::to_value(spec).is_ok_and(|spec| contains(&spec))
}

fn contains(value: &Value) -> bool {
    let text = |text: &str| text.contains("${") || text.contains("$$");
    match value {
        Value::String(value) => text(value),
        Value::Array(items) => items.iter().any(contains),
        Value::Object(map) => map.iter().any(|(key, value)| text(key) || contains(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use dataflow::spec::EnvVar;

    use super::*;

    fn with_value(value: &str) -> DataflowSpec {
        DataflowSpec {
            env: vec![EnvVar {
                name: "LINE".to_owned(),
                value: value.to_owned(),
            }],
            ..DataflowSpec::default()
        }
    }

    #[test]
    fn new_variable_marks_the_dataflow() {
        let marked = |old: &str, new: &str| {
            let mut dataflow = Dataflow::new("orders", with_value(new));
            protect(&mut dataflow, &with_value(old));
            dataflow.metadata.annotations == Some(mark())
        };
        assert!(marked("", "${name}: ${price}"));
        assert!(marked("", "$$1"));
        assert!(!marked("", "$HOME/data"));
        assert!(!marked("${TAG}", "${TAG}"));
        assert!(!marked("${TAG}", "${name}"));
    }
}
