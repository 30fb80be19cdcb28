//! The values of the Bytewax Helm chart that a Dataflow can contain as text.
//!
//! The original platform passed them to its chart. This platform honours the values that affect pods and Services, with
//! the chart's names and types. It does not reproduce bugs of the chart.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    Affinity, EnvVarSource, LocalObjectReference, PodSecurityContext, ResourceRequirements,
    SecurityContext, Toleration,
};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::yaml::{self, YamlError};

mod keys;

#[cfg(test)]
mod tests;

use keys::Keys;

/// Default name of the container that runs the process.
pub const DEFAULT_CONTAINER: &str = "process";

/// Default port on which the processes connect to each other.
pub const DEFAULT_PROCESS_PORT: i32 = 9999;

/// Default port of the pods' API.
pub const DEFAULT_API_PORT: i32 = 3030;

/// The values of the chart that are honoured.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChartValues {
    /// Labels of every child object.
    #[serde(deserialize_with = "or_default")]
    pub extra_labels: BTreeMap<String, String>,
    /// Labels of the pods.
    #[serde(deserialize_with = "or_default")]
    pub pod_labels: BTreeMap<String, String>,
    /// Annotations of the pods.
    #[serde(deserialize_with = "or_default")]
    pub pod_annotations: BTreeMap<String, String>,
    /// Security settings of the pods. Each field that is set replaces the default.
    pub pod_security_context: Option<PodSecurityContext>,
    /// Security settings of the container. Each field that is set replaces the default.
    pub security_context: Option<SecurityContext>,
    /// Fields of both that are null, which removes the default, as in Helm.
    #[serde(skip)]
    pub removed: RemovedFields,
    /// Name of the container that runs the process.
    pub container_name: Option<String>,
    /// Port on which the processes connect to each other.
    #[serde(deserialize_with = "or_default")]
    pub service: Port,
    /// Port of the pods' API.
    #[serde(deserialize_with = "or_default")]
    pub api: Port,
    /// Resources of the container.
    pub resources: Option<ResourceRequirements>,
    /// Labels of the nodes that the pods can run on.
    #[serde(deserialize_with = "or_default")]
    pub node_selector: BTreeMap<String, String>,
    /// Taints that the pods tolerate.
    #[serde(deserialize_with = "or_default")]
    pub tolerations: Vec<Toleration>,
    /// Affinity of the pods.
    pub affinity: Option<Affinity>,
    /// Environment variables with literal values.
    #[serde(deserialize_with = "or_default")]
    pub env: BTreeMap<String, String>,
    /// Environment variables with values from other sources, such as fields or Secrets.
    #[serde(deserialize_with = "or_default")]
    pub env_value_from: BTreeMap<String, EnvVarSource>,
    /// Secret whose keys become environment variables.
    pub env_from_secret: Option<String>,
    /// More Secrets whose keys become environment variables.
    #[serde(deserialize_with = "or_default")]
    pub env_from_secrets: Vec<EnvFromSecret>,
    /// Address of the collector that receives spans.
    pub custom_otlp_url: Option<String>,
    /// Secrets with credentials of registries.
    #[serde(deserialize_with = "or_default")]
    pub image_pull_secrets: Vec<LocalObjectReference>,
    /// The user's own volumes.
    #[serde(deserialize_with = "or_default")]
    pub extra_volume_mounts: Vec<ExtraVolumeMount>,
}

/// Fields of security settings that the user sets to null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RemovedFields {
    /// Fields of `podSecurityContext`.
    #[serde(rename = "podSecurityContext", deserialize_with = "nulls")]
    pub of_pod: BTreeSet<String>,
    /// Fields of `securityContext`.
    #[serde(rename = "securityContext", deserialize_with = "nulls")]
    pub of_container: BTreeSet<String>,
}

/// A port of the pods.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Port {
    /// Number of the port.
    pub port: Option<i32>,
}

/// A Secret whose keys become environment variables.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct EnvFromSecret {
    /// Name of the Secret.
    pub name: String,
    /// Whether the pods start without it.
    #[serde(default)]
    pub optional: Option<bool>,
}

/// A volume of the user: a PVC, a folder of the node, or an empty folder for each pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtraVolumeMount {
    /// Name of the volume.
    pub name: String,
    /// Path of the mount in the container.
    pub mount_path: String,
    /// Folder of the volume that is mounted, instead of its root.
    pub sub_path: Option<String>,
    /// Whether the mount is read-only.
    pub read_only: Option<bool>,
    /// Name of the PVC.
    pub existing_claim: Option<String>,
    /// Folder of the node.
    pub host_path: Option<String>,
}

/// The result of parsing `chartValues`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedChartValues {
    /// Values that are honoured.
    pub values: ChartValues,
    /// Keys that have no effect, as dotted paths.
    pub not_honoured: Vec<String>,
    /// Enabled subcharts.
    pub sub_charts: Vec<String>,
}

/// Parses values of the chart.
///
/// # Errors
///
/// Fails if the text is not YAML, or if an honoured value has the wrong type.
pub fn parse(text: &str) -> Result<ParsedChartValues, YamlError> {
    // A text with only comments contains no value.
    let values: Option<ChartValues> = yaml::from_str(text)?;
    // Keys are parsed separately. If one pass collected unknown keys too, serde would first guess the
    // type of every value, and `0123` would no longer be a text.
    let keys: Option<Keys> = yaml::from_str(text)?;
    let keys = keys.unwrap_or_default();
    // The types of Kubernetes do not tell null from a field that is absent.
    let removed: Option<RemovedFields> = yaml::from_str(text)?;
    let values = ChartValues {
        removed: removed.unwrap_or_default(),
        ..values.unwrap_or_default()
    };
    Ok(ParsedChartValues {
        values,
        not_honoured: keys.not_honoured(),
        sub_charts: keys.sub_charts(),
    })
}

/// Returns true if the values below this key are those of a subchart.
#[must_use]
pub fn is_sub_chart(key: &str) -> bool {
    keys::SUB_CHARTS.contains(&key)
}

impl ExtraVolumeMount {
    /// Returns the path of the mount in its shortest form; `None` if it is no absolute path.
    #[must_use]
    pub fn folder(&self) -> Option<String> {
        let parts = self.mount_path.strip_prefix('/')?.split('/');
        let parts: Vec<_> = parts.filter(|part| !matches!(*part, "" | ".")).collect();
        let is_plain =
            !parts.is_empty() && !parts.contains(&"..") && !self.mount_path.contains(':');
        is_plain.then(|| format!("/{}", parts.join("/")))
    }
}

impl ChartValues {
    /// Returns the name of the container that runs the process.
    #[must_use]
    pub fn container(&self) -> &str {
        self.container_name
            .as_deref()
            .filter(|name| !name.is_empty())
            .unwrap_or(DEFAULT_CONTAINER)
    }

    /// Returns the port on which the processes connect to each other.
    #[must_use]
    pub fn process_port(&self) -> i32 {
        self.service.port.unwrap_or(DEFAULT_PROCESS_PORT)
    }

    /// Returns the port of the pods' API.
    #[must_use]
    pub fn api_port(&self) -> i32 {
        self.api.port.unwrap_or(DEFAULT_API_PORT)
    }
}

/// Reads the names of the fields of a map that are null.
fn nulls<'de, D>(deserializer: D) -> Result<BTreeSet<String>, D::Error>
where
    D: Deserializer<'de>,
{
    let fields = Option::<BTreeMap<String, Option<IgnoredAny>>>::deserialize(deserializer)?;
    let nulls = fields
        .into_iter()
        .flatten()
        .filter(|(_, value)| value.is_none());
    Ok(nulls.map(|(name, _)| name).collect())
}

/// Reads `key:` without a value as if the key were absent, since values files often contain such keys.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
