//! The values of the Bytewax Helm chart that a Dataflow may carry as text.
//!
//! The original platform handed them to its chart; here the ones that shape pods and Services are
//! honoured, with the chart's own names and types. Faults of the chart are not copied.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, EnvVarSource, LocalObjectReference, PodSecurityContext, ResourceRequirements,
    SecurityContext, Toleration,
};
use serde::{Deserialize, Deserializer};

use crate::yaml::{self, YamlError};

mod keys;

#[cfg(test)]
mod tests;

use keys::Keys;

/// Name of the container that runs the processes, where the values give no other.
pub const DEFAULT_CONTAINER: &str = "process";

/// Port on which processes talk to each other, where the values give no other.
pub const DEFAULT_PROCESS_PORT: i32 = 9999;

/// Port of the pods' API, where the values give no other.
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
    /// Security settings of the pods; each field given here replaces ours.
    pub pod_security_context: Option<PodSecurityContext>,
    /// Security settings of the container; each field given here replaces ours.
    pub security_context: Option<SecurityContext>,
    /// Name of the container that runs the process.
    pub container_name: Option<String>,
    /// Port on which processes talk to each other.
    #[serde(deserialize_with = "or_default")]
    pub service: Port,
    /// Port of the pods' API.
    #[serde(deserialize_with = "or_default")]
    pub api: Port,
    /// Resources of the container.
    pub resources: Option<ResourceRequirements>,
    /// Labels of the nodes that the pods may run on.
    #[serde(deserialize_with = "or_default")]
    pub node_selector: BTreeMap<String, String>,
    /// Taints that the pods tolerate.
    #[serde(deserialize_with = "or_default")]
    pub tolerations: Vec<Toleration>,
    /// Where the pods would rather run.
    pub affinity: Option<Affinity>,
    /// Environment variables.
    #[serde(deserialize_with = "or_default")]
    pub env: BTreeMap<String, String>,
    /// Environment variables whose values stand elsewhere.
    #[serde(deserialize_with = "or_default")]
    pub env_value_from: BTreeMap<String, EnvVarSource>,
    /// Secret whose keys become environment variables.
    pub env_from_secret: Option<String>,
    /// More such Secrets.
    #[serde(deserialize_with = "or_default")]
    pub env_from_secrets: Vec<EnvFromSecret>,
    /// Collector that spans are sent to.
    pub custom_otlp_url: Option<String>,
    /// Secrets with credentials of registries.
    #[serde(deserialize_with = "or_default")]
    pub image_pull_secrets: Vec<LocalObjectReference>,
    /// Volumes of the user's own.
    #[serde(deserialize_with = "or_default")]
    pub extra_volume_mounts: Vec<ExtraVolumeMount>,
}

/// A port.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Port {
    /// Its number.
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

/// A volume of the user's own: a claim, a folder of the node, or an empty folder for each pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtraVolumeMount {
    /// Name of the volume.
    pub name: String,
    /// Where it is in the container.
    pub mount_path: String,
    /// The part of the volume that is mounted.
    pub sub_path: Option<String>,
    /// Whether it cannot be written to.
    pub read_only: Option<bool>,
    /// The claim that it is.
    pub existing_claim: Option<String>,
    /// The folder of the node that it is.
    pub host_path: Option<String>,
}

/// What some text of values says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedChartValues {
    /// The values that are honoured.
    pub values: ChartValues,
    /// Keys that have no effect, as dotted paths.
    pub not_honoured: Vec<String>,
    /// Sub-charts that are switched on.
    pub sub_charts: Vec<String>,
}

/// Reads values of the chart.
///
/// # Errors
///
/// Fails if the text is no YAML or a honoured value has a wrong type.
pub fn parse(text: &str) -> Result<ParsedChartValues, YamlError> {
    // A text of comments only holds no values at all.
    let values: Option<ChartValues> = yaml::from_str(text)?;
    // Keys are read separately: collecting unknown ones beside the typed fields would make the
    // reader guess the type of every value first, and `0123` would no longer be a text.
    let keys: Option<Keys> = yaml::from_str(text)?;
    let keys = keys.unwrap_or_default();
    Ok(ParsedChartValues {
        values: values.unwrap_or_default(),
        not_honoured: keys.not_honoured(),
        sub_charts: keys.sub_charts(),
    })
}

impl ChartValues {
    /// Name of the container that runs the process.
    #[must_use]
    pub fn container(&self) -> &str {
        self.container_name
            .as_deref()
            .filter(|name| !name.is_empty())
            .unwrap_or(DEFAULT_CONTAINER)
    }

    /// Port on which processes talk to each other.
    #[must_use]
    pub fn process_port(&self) -> i32 {
        self.service.port.unwrap_or(DEFAULT_PROCESS_PORT)
    }

    /// Port of the pods' API.
    #[must_use]
    pub fn api_port(&self) -> i32 {
        self.api.port.unwrap_or(DEFAULT_API_PORT)
    }
}

/// Reads `key:` without a value as if the key were absent; values files are full of them.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
