//! Protects what a flow contains from Flux, whose `postBuild` substitution replaces `${...}` in every object without a mark.
//!
//! The ConfigMap with the code always has the mark. A Dataflow gets it with the first `${` that a setting or the reason
//! of a suspension brings. A Dataflow in which somebody already wrote `${...}` stays without it: there the substitution
//! may be wanted.

use std::collections::BTreeMap;

use dataflow::spec::Dataflow;
use kube::ResourceExt as _;
use serde_json::Value;

const MARK: (&str, &str) = ("kustomize.toolkit.fluxcd.io/substitute", "disabled");

/// Returns the annotation that prevents Flux from replacing `${...}`, as a map.
pub(crate) fn mark() -> BTreeMap<String, String> {
    let (name, value) = MARK;
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

/// Protects what a change brings into a Dataflow in git. `old` is the Dataflow before the change.
///
/// The Dataflow gets the mark, unless `old` already contained something that Flux would replace. There the new
/// annotations are escaped instead.
pub fn protect(dataflow: &mut Dataflow, old: &Dataflow) {
    let is_marked = |dataflow: &Dataflow| {
        let (name, value) = MARK;
        dataflow
            .annotations()
            .get(name)
            .is_some_and(|it| it == value)
    };
    if is_marked(dataflow) || !is_replaced(dataflow) {
        return;
    }
    if is_replaced(old) {
        escape_new(dataflow, old);
    } else {
        let annotations = dataflow.metadata.annotations.get_or_insert_default();
        annotations.extend(mark());
    }
}

/// Escapes the values of annotations that `old` does not have. Flux turns `$$` into `$`.
fn escape_new(dataflow: &mut Dataflow, old: &Dataflow) {
    for (key, value) in dataflow.metadata.annotations.iter_mut().flatten() {
        if old.annotations().get(key) != Some(&*value) && is_replaced_text(value) {
            *value = value.replace('$', "$$");
        }
    }
}

fn is_replaced(dataflow: &Dataflow) -> bool {
    let metadata = &dataflow.metadata;
    let maps = [&metadata.annotations, &metadata.labels];
    let in_metadata = maps
        .into_iter()
        .flatten()
        .flatten()
        .any(|(key, value)| is_replaced_text(key) || is_replaced_text(value));
    in_metadata || serde_json::to_value(&dataflow.spec).is_ok_and(|spec| contains(&spec))
}

// Flux replaces `${name}`, and turns `$$` into `$`.
fn is_replaced_text(text: &str) -> bool {
    text.contains("${") || text.contains("$$")
}

fn contains(value: &Value) -> bool {
    match value {
        Value::String(value) => is_replaced_text(value),
        Value::Array(items) => items.iter().any(contains),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| is_replaced_text(key) || contains(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use dataflow::label::SUSPENSION_REASON;
    use dataflow::spec::{DataflowSpec, EnvVar};

    use super::*;

    fn with_value(value: &str) -> Dataflow {
        let spec = DataflowSpec {
            env: vec![EnvVar {
                name: "LINE".to_owned(),
                value: value.to_owned(),
            }],
            ..DataflowSpec::default()
        };
        Dataflow::new("orders", spec)
    }

    fn with_reason(value: &str, reason: &str) -> Dataflow {
        let mut dataflow = with_value(value);
        let reason = (SUSPENSION_REASON.to_owned(), reason.to_owned());
        dataflow.metadata.annotations = Some(BTreeMap::from([reason]));
        dataflow
    }

    #[test]
    fn new_variable_marks_the_dataflow() {
        let marked = |old: &str, new: &str| {
            let mut dataflow = with_value(new);
            protect(&mut dataflow, &with_value(old));
            dataflow.metadata.annotations == Some(mark())
        };
        assert!(marked("", "${name}: ${price}"));
        assert!(marked("", "$$1"));
        assert!(!marked("", "$HOME/data"));
        assert!(!marked("${TAG}", "${TAG}"));
        assert!(!marked("${TAG}", "${name}"));
    }

    #[test]
    fn reason_survives_substitution_by_flux() {
        let protected = |old: &str, reason: &str| {
            let mut dataflow = with_reason(old, reason);
            protect(&mut dataflow, &with_value(old));
            let (name, _) = MARK;
            let is_marked = dataflow.annotations().contains_key(name);
            let reason = dataflow.annotations()[SUSPENSION_REASON].clone();
            (is_marked, reason)
        };
        let as_written = (true, "cost ${X}".to_owned());
        assert_eq!(protected("", "cost ${X}"), as_written);
        let plain = (false, "cost $5".to_owned());
        assert_eq!(protected("", "cost $5"), plain);
        assert_eq!(protected("${TAG}", "cost $5"), plain);
        let escaped = (false, "cost $${X}".to_owned());
        assert_eq!(protected("${TAG}", "cost ${X}"), escaped);
    }

    #[test]
    fn present_annotation_is_escaped_only_once() {
        let before = with_reason("${TAG}", "cost $${X}");
        let mut after = before.clone();
        protect(&mut after, &before);
        assert_eq!(after, before);
    }
}
