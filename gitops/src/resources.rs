//! The two objects of a flow, the Dataflow and the ConfigMap with its code, as objects and as text.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::ObjectMeta;

use crate::object::{Format, Named, documents, yaml};
use crate::rendered::Rendered;

/// Annotation that prevents Flux from replacing `${...}` in code.
const NO_SUBSTITUTION: (&str, &str) = ("kustomize.toolkit.fluxcd.io/substitute", "disabled");

/// Returns the ConfigMap with the code, or `None` if the Dataflow names a ConfigMap from another place.
pub(crate) fn source_config_map(rendered: &Rendered) -> Option<ConfigMap> {
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

/// Returns the annotation that prevents Flux from replacing `${...}`, as a map.
pub(crate) fn no_substitution() -> BTreeMap<String, String> {
    let (name, value) = NO_SUBSTITUTION;
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

/// Returns the Dataflow and its code as text for `kubectl apply -f -`.
#[must_use]
pub fn text(rendered: &Rendered, format: Format) -> String {
    let code = source_config_map(rendered);
    match format {
        Format::Yaml => {
            let mut documents = vec![yaml(&rendered.dataflow)];
            documents.extend(code.as_ref().map(|code| yaml(&Named::from(code))));
            documents.join("---\n")
        }
        Format::Json => {
            let mut items = vec![Named::from(&rendered.dataflow)];
            items.extend(code.as_ref().map(Named::from));
            documents(items, format)
        }
    }
}
