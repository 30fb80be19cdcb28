//! The fields of kustomization.yaml that a flow's folder uses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::file_name::{DATAFLOW, NAME_REFERENCE};
use crate::resources::no_substitution;

/// Content of the file that tells kustomize to update `spec.configMapName`. Without it, kustomize would add the hash to
/// the name of the ConfigMap but not to the field of the Dataflow.
pub(crate) const NAME_REFERENCE_TEXT: &str = "nameReference:
- kind: ConfigMap
  version: v1
  fieldSpecs:
  - group: bytewax.io
    kind: Dataflow
    path: spec/configMapName
";

/// Content of kustomization.yaml. Other fields are ignored when it is read.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kustomization {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    configurations: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    config_map_generator: Vec<Generator>,
}

/// One ConfigMap that kustomize generates from files.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Generator {
    #[serde(default)]
    name: String,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    options: GeneratorOptions,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct GeneratorOptions {
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Generator {
    /// Returns the generator of a ConfigMap, or `None` if there is no code.
    pub(crate) fn new(name: Option<String>, files: Vec<String>) -> Option<Self> {
        let name = name.filter(|_| !files.is_empty())?;
        Some(Self {
            name,
            files,
            options: GeneratorOptions {
                annotations: no_substitution(),
            },
        })
    }
}

impl Kustomization {
    pub(crate) fn new(namespace: Option<String>, generator: Option<Generator>) -> Self {
        Self {
            api_version: "kustomize.config.k8s.io/v1beta1".to_owned(),
            kind: "Kustomization".to_owned(),
            namespace,
            resources: vec![DATAFLOW.to_owned()],
            configurations: generator
                .iter()
                .map(|_| NAME_REFERENCE.to_owned())
                .collect(),
            config_map_generator: generator.into_iter().collect(),
        }
    }

    /// Returns true if the name reference is needed.
    pub(crate) fn refers_by_name(&self) -> bool {
        !self.configurations.is_empty()
    }

    /// Returns keys and paths of the files of one ConfigMap. The default key of a file is its name, as in kustomize.
    pub(crate) fn files_of(&self, config_map: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
        self.config_map_generator
            .iter()
            .filter(move |generator| Some(generator.name.as_str()) == config_map)
            .flat_map(|generator| &generator.files)
            .map(|entry| {
                let entry = entry.strip_prefix("./").unwrap_or(entry);
                let name = entry.rsplit('/').next().unwrap_or(entry);
                entry.split_once('=').unwrap_or((name, entry))
            })
    }
}
