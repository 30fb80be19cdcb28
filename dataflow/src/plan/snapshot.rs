//! The immutable copy of the code that pods mount.

use k8s_openapi::api::core::v1::ConfigMap;

use super::metadata::metadata;
use crate::code::Code;
use crate::name::DataflowName;

/// ConfigMap with one version of the code, named by its content.
///
/// Pods of a running revision keep it whatever happens to the ConfigMap the code came from.
#[must_use]
pub fn snapshot(name: &DataflowName, code: &Code, namespace: &str, uid: Option<&str>) -> ConfigMap {
    let halves = code.to_config_map_data();
    ConfigMap {
        binary_data: halves.binary_data,
        data: halves.data,
        immutable: Some(true),
        metadata: metadata(name, name.snapshot(&code.hash()), namespace, uid),
    }
}
