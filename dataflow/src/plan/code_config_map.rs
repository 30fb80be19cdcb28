//! The immutable ConfigMap with one version of the code, which the pods mount.

use k8s_openapi::api::core::v1::ConfigMap;

use super::metadata::metadata;
use crate::code::Code;
use crate::name::DataflowName;

/// Returns the immutable ConfigMap with one version of the code. Its name contains the hash of the code.
///
/// The operator copies the code from the source ConfigMap. The pods of a running revision keep their code when a user
/// changes or deletes the source.
#[must_use]
pub fn code_config_map(
    name: &DataflowName,
    code: &Code,
    namespace: &str,
    uid: Option<&str>,
) -> ConfigMap {
    let halves = code.to_config_map_data();
    ConfigMap {
        binary_data: halves.binary_data,
        data: halves.data,
        immutable: Some(true),
        metadata: metadata(name, name.code_config_map(&code.hash()), namespace, uid),
    }
}
