//! The two objects of a flow, the Dataflow and the ConfigMap with its code, as objects and as text.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::ObjectMeta;

use crate::object::{Format, Named, documents, yaml};
use crate::rendered::Rendered;
use crate::substitution;

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
            annotations: Some(substitution::mark()),
            ..ObjectMeta::default()
        },
        data: halves.data,
        binary_data: halves.binary_data,
        ..ConfigMap::default()
    })
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
