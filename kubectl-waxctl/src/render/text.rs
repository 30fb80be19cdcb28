//! The rendered objects as text: YAML documents or one JSON List.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::ObjectMeta;
use serde::Serialize;

use super::Rendered;
use crate::settings::OutputFormat;

/// The annotation that keeps Flux from replacing `${...}` in code.
pub(super) const NO_SUBSTITUTION: (&str, &str) =
    ("kustomize.toolkit.fluxcd.io/substitute", "disabled");

/// The ConfigMap with the code, or none when the resource names one from elsewhere.
pub fn source_config_map(rendered: &Rendered) -> Option<ConfigMap> {
    if rendered.code.is_empty() {
        return None;
    }
    let halves = rendered.code.to_config_map_data();
    Some(ConfigMap {
        metadata: ObjectMeta {
            name: rendered.dataflow.spec.config_map_name.clone(),
            namespace: rendered.dataflow.metadata.namespace.clone(),
            annotations: Some(no_substitution()),
            ..ObjectMeta::default()
        },
        data: halves.data,
        binary_data: halves.binary_data,
        ..ConfigMap::default()
    })
}

pub(super) fn no_substitution() -> BTreeMap<String, String> {
    let (name, value) = NO_SUBSTITUTION;
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

/// The dataflow and its code as text that `kubectl apply -f -` takes.
pub fn text(rendered: &Rendered, format: OutputFormat) -> String {
    let code = source_config_map(rendered);
    match format {
        OutputFormat::Yaml => {
            let mut documents = vec![yaml(&rendered.dataflow)];
            documents.extend(code.as_ref().map(|code| yaml(&Object::from(code))));
            documents.join("---\n")
        }
        OutputFormat::Json => {
            let mut items = vec![Object::from(&rendered.dataflow)];
            items.extend(code.as_ref().map(Object::from));
            list(items)
        }
    }
}

/// Any objects as text, each with what names it in front.
pub(crate) fn objects(items: Vec<Object>, format: OutputFormat) -> String {
    match format {
        OutputFormat::Yaml => items.iter().map(yaml).collect::<Vec<_>>().join("---\n"),
        OutputFormat::Json => list(items),
    }
}

/// One object as canonical YAML.
pub(super) fn yaml(object: &impl Serialize) -> String {
    dataflow::yaml::to_string(object).expect("Kubernetes objects have text keys")
}

fn list(items: Vec<Object>) -> String {
    let list = List {
        api_version: "v1",
        kind: "List",
        items,
    };
    serde_json::to_string_pretty(&list).expect("Kubernetes objects have text keys") + "\n"
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Object>,
}

/// An object with what names it in front of everything else.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Object {
    api_version: serde_json::Value,
    kind: serde_json::Value,
    metadata: serde_json::Value,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

impl<T: Serialize> From<&T> for Object {
    fn from(object: &T) -> Self {
        let mut rest = match serde_json::to_value(object).expect("Kubernetes objects are JSON") {
            serde_json::Value::Object(map) => map,
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
