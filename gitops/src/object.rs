//! Untyped Kubernetes objects, their names, and their text as YAML or JSON.

use dataflow::yaml::YamlError;
use kube::core::{ApiResource, DynamicObject, GroupVersionKind, ObjectMeta};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Text format of objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// YAML, one document for each object.
    #[default]
    Yaml,
    /// One JSON document. Several objects are one object of kind List.
    Json,
}

/// Converts a typed object into an untyped one, so that objects of different types can be in one list.
///
/// # Panics
/// Never: every argument is a Kubernetes object with kind and name.
#[must_use]
pub fn dynamic<K: Serialize>(object: &K) -> DynamicObject {
    let value = serde_json::to_value(object).expect("a Kubernetes object is JSON");
    serde_json::from_value(value).expect("a Kubernetes object has metadata")
}

/// Returns plural and group of an object's kind. It forms the plural by the rules of English, which is right for the
/// kinds of Kubernetes and of this project.
#[must_use]
pub fn resource(object: &DynamicObject) -> ApiResource {
    let types = object.types.clone().unwrap_or_default();
    let (group, version) = match types.api_version.split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", types.api_version.as_str()),
    };
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &types.kind))
}

/// Returns the name of an object in the form that kubectl uses: `deployment.apps/wax-operator`.
#[must_use]
pub fn describe(object: &DynamicObject) -> String {
    let resource = resource(object);
    let kind = resource.kind.to_lowercase();
    let dot = if resource.group.is_empty() { "" } else { "." };
    let name = object.metadata.name.as_deref().unwrap_or_default();
    format!("{kind}{dot}{}/{name}", resource.group)
}

/// Returns the name of a Dataflow in the form that kubectl uses.
#[must_use]
pub fn dataflow_name(name: &str) -> String {
    format!("dataflow.bytewax.io/{name}")
}

/// Removes the managed fields, which kubectl omits by default too.
#[must_use]
pub fn without_managed_fields(mut object: DynamicObject) -> DynamicObject {
    object.metadata.managed_fields = None;
    object
}

/// Converts an object of a list without the metadata that cannot be read, and describes what that is.
///
/// An API server accepts only readable metadata. Other servers, proxies and conversions do not all check it.
#[must_use]
pub fn lenient(mut value: Value) -> (Option<DynamicObject>, Vec<String>) {
    if let Ok(object) = DynamicObject::deserialize(&value) {
        return (Some(object), Vec::new());
    }
    let name = |field: &str| value["metadata"][field].as_str().unwrap_or_default();
    let called = match (name("namespace"), name("name")) {
        ("", "") => "an object of the list".to_owned(),
        ("", name) => format!("`{name}`"),
        (namespace, name) => format!("`{name}` in namespace `{namespace}`"),
    };
    let mut faults = Vec::new();
    let metadata = value.get_mut("metadata");
    if let Some(fields) = metadata.and_then(Value::as_object_mut) {
        fields.retain(|field, content| {
            let alone = Value::Object([(field.clone(), content.clone())].into_iter().collect());
            let fault = ObjectMeta::deserialize(alone).err();
            let readable = fault.is_none();
            faults.extend(fault.map(|fault| format!("{called}: metadata.{field}: {fault}")));
            readable
        });
    }
    match DynamicObject::deserialize(&value) {
        Ok(object) => (Some(object), faults),
        Err(error) => {
            faults.push(format!("{called}: {error}"));
            (None, faults)
        }
    }
}

/// Returns an object as one document.
///
/// # Errors
/// An object cannot be written as YAML.
///
/// # Panics
/// Never: objects are JSON.
pub fn document(value: &impl Serialize, format: Format) -> Result<String, YamlError> {
    match format {
        Format::Json => Ok(json(value)),
        Format::Yaml => dataflow::yaml::to_string(value),
    }
}

/// Returns objects as text. In each object apiVersion, kind and metadata come first.
pub(crate) fn documents(items: Vec<Named>, format: Format) -> String {
    match format {
        Format::Yaml => items.iter().map(yaml).collect::<Vec<_>>().join("---\n"),
        Format::Json => json(&List {
            api_version: "v1",
            kind: "List",
            items,
        }),
    }
}

/// Returns one object as canonical YAML.
pub(crate) fn yaml(object: &impl Serialize) -> String {
    dataflow::yaml::to_string(object).expect("Kubernetes objects have text keys")
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("Kubernetes objects are JSON") + "\n"
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Named>,
}

/// An object that is serialized with apiVersion, kind and metadata before all other fields.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    api_version: Value,
    kind: Value,
    metadata: Value,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

impl<T: Serialize> From<&T> for Named {
    fn from(object: &T) -> Self {
        let mut rest = match serde_json::to_value(object).expect("Kubernetes objects are JSON") {
            Value::Object(map) => map,
            _ => serde_json::Map::new(),
        };
        let mut take = |field: &str| rest.remove(field).unwrap_or_default();
        Self {
            api_version: take("apiVersion"),
            kind: take("kind"),
            metadata: take("metadata"),
            rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unreadable_metadata_is_left_out_and_named() {
        let metadata = json!({"name": "odd", "namespace": "shop", "labels": 7, "generation": 2});
        let (object, faults) = lenient(json!({"metadata": metadata, "spec": {"a": 1}}));
        let object = object.unwrap();
        assert_eq!(object.metadata.generation, Some(2));
        assert_eq!(object.data["spec"]["a"], 1);
        let expected = "`odd` in namespace `shop`: metadata.labels: invalid type: ";
        assert!(faults[0].starts_with(expected), "{faults:?}");
        for hopeless in [json!(null), json!("text"), json!({"metadata": 1})] {
            let (object, faults) = lenient(hopeless);
            assert_eq!((object, faults.len()), (None, 1));
        }
    }

    #[test]
    fn managed_fields_are_removed_from_documents() {
        let spec = json!({"image": {"tag": "x"}});
        let object: DynamicObject = serde_json::from_value(json!({
            "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow", "spec": spec,
            "metadata": {"name": "orders", "managedFields": [{"manager": "waxctl"}]},
        }))
        .unwrap();
        let shown = without_managed_fields(object);
        assert_eq!(shown.metadata.managed_fields, None);
        assert_eq!(shown.data["spec"], spec);
    }
}
