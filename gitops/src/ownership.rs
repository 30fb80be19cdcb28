//! The owners of fields of a live object, read from `metadata.managedFields`.

use std::collections::BTreeMap;

use dataflow::label;
use dataflow::spec::Dataflow;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use serde::Serialize;
use serde_json::Value;

/// A field that is in the cluster but not in the source, and that server-side apply keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptField {
    /// Path of the field.
    pub path: String,
    /// Value of the field as JSON.
    pub value: String,
    /// Field manager that wrote the field.
    pub owner: String,
}

/// Field manager of the command line.
pub const FIELD_MANAGER: &str = "waxctl";

/// Field managers of controllers that overwrite other changes with the content of git.
const CONTROLLERS: [&str; 5] = [
    "argocd-controller",
    "argocd-application-controller",
    "kustomize-controller",
    "helm-controller",
    "flux",
];
/// Labels and annotations that such controllers set on the objects that they manage.
const MARKS: [&str; 3] = [
    "argocd.argoproj.io/tracking-id",
    "kustomize.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/name",
];

/// Returns the manager of the spec of a live Dataflow: the one with the most fields, preferring managers that apply.
///
/// Writes through a subresource, such as the size by an autoscaler, do not count.
#[must_use]
pub fn manager_of_spec(metadata: &ObjectMeta) -> Option<String> {
    let entries = metadata.managed_fields.iter().flatten();
    let whole = entries.filter(|entry| entry.subresource.as_deref().unwrap_or_default().is_empty());
    let owners = whole.filter_map(|entry| {
        let fields = owned(entry)?.get("f:spec")?;
        let applies = entry.operation.as_deref() == Some("Apply");
        Some(((applies, leaves(fields)), entry.manager.clone()?))
    });
    owners
        .max_by(|a, b| a.0.cmp(&b.0))
        .map(|(_, manager)| manager)
}

/// Returns the annotations of a live object that the command line applied. If it does not apply them again, the API
/// server removes them.
///
/// Annotations of other managers are not included, since applying them would make the command line an owner too. The
/// annotation that requests a restart is not included, since the command line does not apply it.
#[must_use]
pub fn applied_annotations(metadata: &ObjectMeta) -> BTreeMap<String, String> {
    let entries = metadata.managed_fields.iter().flatten();
    let ours = entries.filter(|entry| {
        entry.manager.as_deref() == Some(FIELD_MANAGER)
            && entry.operation.as_deref() == Some("Apply")
            && entry.subresource.as_deref().unwrap_or_default().is_empty()
    });
    let applied: Vec<&Value> = ours
        .filter_map(|entry| owned(entry)?.pointer("/f:metadata/f:annotations"))
        .collect();
    let is_ours = |key: &str| {
        let field = format!("f:{key}");
        key != label::RESTARTED_AT && applied.iter().any(|fields| fields.get(&field).is_some())
    };
    let all = metadata.annotations.iter().flatten();
    all.filter(|(key, _)| is_ours(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Returns true if another program than the command line applies this annotation, so that removing it in the cluster
/// alone does not last.
#[must_use]
pub fn is_applied_annotation(metadata: &ObjectMeta, annotation: &str) -> bool {
    let field = format!("f:{annotation}");
    let mut entries = metadata.managed_fields.iter().flatten();
    entries.any(|entry| {
        let manager = entry.manager.as_deref().unwrap_or_default();
        let applies = entry.operation.as_deref() == Some("Apply") || CONTROLLERS.contains(&manager);
        let annotations =
            owned(entry).and_then(|fields| fields.pointer("/f:metadata/f:annotations"));
        let owns = annotations.is_some_and(|annotations| annotations.get(&field).is_some());
        applies && owns && manager != FIELD_MANAGER
    })
}

/// Returns true if a GitOps controller manages this flow and overwrites changes with the content of git.
#[must_use]
pub fn is_managed_by_git(live: &Dataflow) -> bool {
    let metadata = &live.metadata;
    let marked = [&metadata.labels, &metadata.annotations]
        .into_iter()
        .flatten()
        .flat_map(|marks| marks.keys())
        .any(|key| MARKS.contains(&key.as_str()));
    let by_controller = |manager: String| CONTROLLERS.contains(&manager.as_str());
    marked || manager_of_spec(metadata).is_some_and(by_controller)
}

/// Returns the fields that `applied`, the result of applying `wanted`, has in addition, with their owners.
/// A field without an owner is a default of the schema and is not returned.
#[must_use]
pub fn kept_fields(wanted: &Dataflow, applied: &Dataflow) -> Vec<KeptField> {
    let json = |dataflow: &Dataflow| serde_json::to_value(&dataflow.spec).unwrap_or_default();
    let mut found = Vec::new();
    collect(
        &json(wanted),
        &json(applied),
        &mut Vec::new(),
        applied,
        &mut found,
    );
    found
}

fn collect(
    wanted: &Value,
    applied: &Value,
    path: &mut Vec<String>,
    object: &Dataflow,
    found: &mut Vec<KeptField>,
) {
    for (key, value) in applied.as_object().into_iter().flatten() {
        path.push(key.clone());
        match (wanted.get(key), value) {
            (Some(wanted), Value::Object(_)) => collect(wanted, value, path, object, found),
            (Some(_), _) => {}
            (None, Value::Object(_)) => collect(&Value::Null, value, path, object, found),
            (None, value) => {
                if let Some(owner) = owner(object, path) {
                    let path = format!("spec.{}", path.join("."));
                    found.push(KeptField {
                        path,
                        value: value.to_string(),
                        owner,
                    });
                }
            }
        }
        path.pop();
    }
}

fn owner(object: &Dataflow, path: &[String]) -> Option<String> {
    object
        .metadata
        .managed_fields
        .iter()
        .flatten()
        .find_map(|entry| {
            let mut fields = owned(entry)?.get("f:spec")?;
            for key in path {
                fields = fields.get(format!("f:{key}"))?;
            }
            entry.manager.clone()
        })
}

fn owned(entry: &ManagedFieldsEntry) -> Option<&Value> {
    entry.fields_v1.as_ref().map(|fields| &fields.0)
}

fn leaves(fields: &Value) -> usize {
    match fields.as_object() {
        Some(map) if !map.is_empty() => map.values().map(leaves).sum(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::FieldsV1;
    use serde_json::json;

    use super::*;

    fn object(spec: Value, managers: &[(&str, &str, Value)]) -> Dataflow {
        let mut dataflow = Dataflow::new("hello", serde_json::from_value(spec).unwrap());
        let entry = |(manager, operation, fields): &(&str, &str, Value)| ManagedFieldsEntry {
            manager: Some((*manager).to_owned()),
            operation: Some((*operation).to_owned()),
            fields_v1: Some(FieldsV1(json!({"f:spec": fields}))),
            ..ManagedFieldsEntry::default()
        };
        dataflow.metadata.managed_fields = Some(managers.iter().map(entry).collect());
        dataflow
    }

    #[test]
    fn manager_of_spec_applies_most_fields() {
        let live = object(
            json!({}),
            &[
                (
                    "kubectl-edit",
                    "Update",
                    json!({"f:a": {}, "f:b": {}, "f:c": {}}),
                ),
                (
                    "argocd-controller",
                    "Apply",
                    json!({"f:image": {"f:tag": {}, "f:x": {}}}),
                ),
                ("other", "Apply", json!({"f:suspend": {}})),
            ],
        );
        assert_eq!(
            manager_of_spec(&live.metadata).as_deref(),
            Some("argocd-controller")
        );
        assert_eq!(manager_of_spec(&object(json!({}), &[]).metadata), None);
    }

    #[test]
    fn only_own_applied_annotations_are_returned() {
        let fields = |keys: &[&str]| {
            let keys = keys.iter().map(|key| (format!("f:{key}"), json!({})));
            json!({"f:metadata": {"f:annotations": Value::Object(keys.collect())}})
        };
        let entry = |manager: &str, operation: &str, keys: &[&str]| json!({"manager": manager, "operation": operation, "fieldsV1": fields(keys)});
        let restart = label::RESTARTED_AT;
        let metadata: ObjectMeta = serde_json::from_value(json!({
            "annotations": {
                "team/owner": "ann", "tool/note": "x", "edited": "y", "unowned": "z", restart: "now",
            },
            "managedFields": [
                entry("waxctl", "Apply", &["team/owner", "gone", restart]),
                entry("waxctl", "Update", &["edited"]),
                entry("argocd-controller", "Apply", &["tool/note"]),
            ],
        }))
        .unwrap();
        let kept = applied_annotations(&metadata);
        assert_eq!(
            kept,
            BTreeMap::from([("team/owner".to_owned(), "ann".to_owned())])
        );
        assert!(applied_annotations(&ObjectMeta::default()).is_empty());
    }

    #[test]
    fn foreign_field_stays_and_default_is_ignored() {
        let wanted = object(json!({"image": {"tag": "1"}}), &[]);
        let applied = object(
            json!({"image": {"tag": "1", "pullSecret": "x"}, "suspend": true, "processesCount": 1}),
            &[(
                "kubectl-patch",
                "Update",
                json!({"f:suspend": {}, "f:image": {"f:pullSecret": {}}}),
            )],
        );
        let kept = kept_fields(&wanted, &applied);
        let texts: Vec<_> = kept
            .iter()
            .map(|field| format!("{} {} {}", field.path, field.value, field.owner))
            .collect();
        assert_eq!(
            texts,
            [
                "spec.image.pullSecret \"x\" kubectl-patch",
                "spec.suspend true kubectl-patch"
            ]
        );
    }
}
