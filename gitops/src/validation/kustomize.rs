//! Checks the kustomization.yaml of a flow's folder: it lists what the flow needs, and what it lists exists.

use std::collections::BTreeMap;

use dataflow::Dataflow;
use serde::Deserialize;

use super::found::Severity;
use super::problem::Problems;
use crate::check::namespace_fault;
use crate::edit::line_of;
use crate::kustomization::Kustomization;
use crate::layout::{DATAFLOW, KUSTOMIZATION};

const GENERATOR: &str = "configMapGenerator";
const RESOURCES: &str = "resources";

/// The lists of patches in a kustomization.yaml.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Patches {
    patches: Vec<Patch>,
    patches_strategic_merge: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Patch {
    path: String,
}

/// Whether dataflow.yaml is a patch of a flow elsewhere, which has only some of its fields.
pub(super) fn is_patch(files: &BTreeMap<String, Vec<u8>>) -> bool {
    let text = files
        .get(KUSTOMIZATION)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let text = std::str::from_utf8(text).unwrap_or_default();
    patches(text).iter().any(|path| path == DATAFLOW)
}

/// Returns the files that a kustomization.yaml uses as patches, relative to its folder; none if it cannot be read.
#[must_use]
pub fn patches(text: &str) -> Vec<String> {
    let Ok(lists) = dataflow::yaml::from_str::<Patches>(text) else {
        return Vec::new();
    };
    let paths = lists.patches.into_iter().map(|patch| patch.path);
    paths
        .chain(lists.patches_strategic_merge)
        .filter(|path| !path.is_empty())
        .map(|path| path.strip_prefix("./").unwrap_or(&path).to_owned())
        .collect()
}

/// Checks the file, and returns the namespace that it sets.
///
/// # Errors
/// The file cannot be read; the problem was added.
pub(super) fn check(
    dataflow: &Dataflow,
    files: &BTreeMap<String, Vec<u8>>,
    problems: &mut Problems,
) -> Result<Option<String>, ()> {
    let wanted = dataflow.spec.config_map_name.as_deref();
    let wanted = wanted.filter(|name| !name.is_empty());
    let Some(bytes) = files.get(KUSTOMIZATION) else {
        if let Some(config_map) = wanted.filter(|_| files.len() > 1) {
            let message = format!(
                "is not there, so nothing creates the ConfigMap `{config_map}` from these files"
            );
            let remedy =
                "write it with `df render --into`, unless the ConfigMap exists in the cluster";
            problems.add(
                KUSTOMIZATION,
                None,
                Severity::Warning,
                "config-map",
                &message,
                remedy,
            );
        }
        return Ok(None);
    };
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let kustomization: Kustomization = match dataflow::yaml::from_str(text) {
        Ok(kustomization) => kustomization,
        Err(error) => {
            let message = format!("cannot be read: {}", error.brief());
            let severity = Severity::Error;
            problems.add(KUSTOMIZATION, error.line(), severity, "yaml", &message, "");
            return Err(());
        }
    };
    if let Some(fault) = namespace_fault(kustomization.namespace.as_deref()) {
        at(
            problems,
            text,
            "namespace",
            Severity::Error,
            "spec",
            &format!("has a namespace that {}", fault.problem),
            &fault.instead,
        );
    }
    lists(&kustomization, text, files, problems);
    for (_, path) in kustomization.files_of(wanted) {
        if !files.contains_key(path) {
            let message = format!("lists {path}, which does not exist");
            at(
                problems,
                text,
                GENERATOR,
                Severity::Error,
                "missing-file",
                &message,
                "",
            );
        }
    }
    if let Some(config_map) = wanted {
        generator(&kustomization, config_map, text, problems);
    }
    Ok(kustomization.namespace)
}

/// Checks the lists of resources and configurations.
fn lists(
    kustomization: &Kustomization,
    text: &str,
    files: &BTreeMap<String, Vec<u8>>,
    problems: &mut Problems,
) {
    if !kustomization.lists(DATAFLOW) {
        let remedy = format!("add `- {DATAFLOW}` to `resources`");
        let message = format!("does not list {DATAFLOW}, so the flow is not applied");
        at(
            problems,
            text,
            RESOURCES,
            Severity::Error,
            "not-listed",
            &message,
            &remedy,
        );
    }
    for path in kustomization.local_files() {
        if !files.contains_key(path) {
            let message = format!("lists {path}, which does not exist");
            at(
                problems,
                text,
                RESOURCES,
                Severity::Error,
                "missing-file",
                &message,
                "",
            );
        }
    }
}

/// Checks that the ConfigMap with the code is generated, and that its hash gets into the Dataflow.
fn generator(kustomization: &Kustomization, config_map: &str, text: &str, problems: &mut Problems) {
    if !kustomization.generates(config_map) {
        let message = format!("generates no ConfigMap `{config_map}`, which contains the code");
        let remedy = "add it to `configMapGenerator`, unless it exists in the cluster";
        at(
            problems,
            text,
            GENERATOR,
            Severity::Warning,
            "config-map",
            &message,
            remedy,
        );
    } else if !kustomization.refers_by_name() {
        let message = "has no name reference: the hash in the ConfigMap's name does not get into \
                       `spec.configMapName`";
        let remedy =
            "add `configurations: [kustomizeconfig.yaml]`, as `df render --into` writes it";
        at(
            problems,
            text,
            GENERATOR,
            Severity::Error,
            "name-reference",
            message,
            remedy,
        );
    }
}

/// Adds a problem at a field of the file.
fn at(
    problems: &mut Problems,
    text: &str,
    field: &str,
    severity: Severity,
    rule: &'static str,
    message: &str,
    remedy: &str,
) {
    let line = line_of(text, field);
    problems.add(KUSTOMIZATION, line, severity, rule, message, remedy);
}
