//! The fields of kustomization.yaml that a flow's folder uses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::file_name::{DATAFLOW, NAME_REFERENCE};
use crate::substitution;

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
                annotations: substitution::mark(),
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

    /// Returns true if the list of resources contains a file.
    pub(crate) fn lists(&self, file: &str) -> bool {
        self.resources.iter().any(|entry| plain(entry) == file)
    }

    /// Returns the files of this folder that the lists of resources and configurations name.
    pub(crate) fn local_files(&self) -> impl Iterator<Item = &str> {
        let all = self.resources.iter().chain(&self.configurations);
        all.map(|entry| plain(entry)).filter(|entry| {
            let is_yaml = entry.ends_with(".yaml") || entry.ends_with(".yml");
            is_yaml && !entry.contains("://") && !entry.starts_with("..")
        })
    }

    /// Returns true if the folder generates a ConfigMap of this name.
    pub(crate) fn generates(&self, config_map: &str) -> bool {
        self.config_map_generator
            .iter()
            .any(|generator| generator.name == config_map)
    }

    /// Returns keys and paths of the files of one ConfigMap. The default key of a file is its name, as in kustomize.
    pub(crate) fn files_of(&self, config_map: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
        self.config_map_generator
            .iter()
            .filter(move |generator| Some(generator.name.as_str()) == config_map)
            .flat_map(|generator| &generator.files)
            .map(|entry| key_and_path(entry))
    }

    /// Returns this file with the namespace and the files of one ConfigMap as in `wanted`. Entries that stay keep their
    /// spelling and their place. Returns `None` if one of the two files does not generate the ConfigMap.
    pub(crate) fn with_files_of(
        mut self,
        wanted: &Kustomization,
        config_map: &str,
    ) -> Option<Kustomization> {
        let mut other = wanted.config_map_generator.iter();
        let files = &other.find(|generator| generator.name == config_map)?.files;
        let mut own = self.config_map_generator.iter_mut();
        let own = &mut own.find(|generator| generator.name == config_map)?.files;
        own.retain(|entry| files.iter().any(|file| same_file(file, entry)));
        for file in files {
            if !own.iter().any(|entry| same_file(file, entry)) {
                own.push(file.clone());
            }
        }
        self.namespace.clone_from(&wanted.namespace);
        Some(self)
    }

    /// Returns the paths of the files of all ConfigMaps.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        let files = self.config_map_generator.iter();
        files
            .flat_map(|generator| &generator.files)
            .map(|entry| key_and_path(entry).1)
    }

    /// Returns the entries of one ConfigMap as they are written.
    pub(crate) fn entries_of(&self, config_map: &str) -> Vec<&str> {
        self.config_map_generator
            .iter()
            .filter(|generator| generator.name == config_map)
            .flat_map(|generator| generator.files.iter().map(String::as_str))
            .collect()
    }
}

/// Returns a path without a leading `./`.
fn plain(entry: &str) -> &str {
    entry.strip_prefix("./").unwrap_or(entry)
}

// Returns key and path of an entry `PATH` or `KEY=PATH`.
fn key_and_path(entry: &str) -> (&str, &str) {
    let (key, path) = match entry.split_once('=') {
        Some((key, path)) => (Some(key), path),
        None => (None, entry),
    };
    let path = path.strip_prefix("./").unwrap_or(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    (key.unwrap_or(name), path)
}

fn same_file(one: &str, other: &str) -> bool {
    key_and_path(one) == key_and_path(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_as_kustomize_reads_them() {
        let cases = [
            ("orders.py", ("orders.py", "orders.py")),
            ("./orders.py", ("orders.py", "orders.py")),
            ("pkg/mod.py", ("mod.py", "pkg/mod.py")),
            ("pkg..mod.py=pkg/mod.py", ("pkg..mod.py", "pkg/mod.py")),
            ("pkg..mod.py=./pkg/mod.py", ("pkg..mod.py", "pkg/mod.py")),
        ];
        for (entry, want) in cases {
            assert_eq!(key_and_path(entry), want, "{entry}");
        }
    }
}
