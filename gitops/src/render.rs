//! Renders settings and a source to a Dataflow and its code. The same input always gives the same result.

use std::path::PathBuf;

use dataflow::name::{DataflowName, NameError};
use dataflow::spec::{Dataflow, DataflowSpec, EnvVar, ImageSpec, PullPolicy};
use kube::core::ObjectMeta;
use thiserror::Error;

use crate::rendered::Rendered;
use crate::settings::{FlowSettings, RecoverySettings};
use crate::source::Source;
use crate::substitution;
use crate::suggest::suggest;

const DEFAULT_REPOSITORY: &str = "bytewax/bytewax";
const DEFAULT_TAG: &str = "0.21.1-python3.11";

/// Error: a source cannot be rendered to a dataflow.
#[derive(Debug, Error)]
pub enum RenderError {
    /// Neither the settings nor the source contain a name.
    #[error("the dataflow has no name")]
    NoName {
        /// Path of the source.
        source_path: PathBuf,
    },
    /// The name is not valid.
    #[error("{name:?} is not a valid name for a dataflow")]
    BadName {
        /// The name.
        name: String,
        /// Problem of the name.
        source: NameError,
    },
    /// Neither the settings nor the source name the Python file that contains the flow.
    #[error("{} does not name the Python file that contains the flow", source_path.display())]
    WhichPythonFile {
        /// Path of the source.
        source_path: PathBuf,
        /// Python files of the source.
        known: Vec<String>,
    },
    /// The source does not contain the Python file.
    #[error("{} does not contain {file}", source_path.display())]
    NoPythonFile {
        /// Path of the source.
        source_path: PathBuf,
        /// The requested file.
        file: String,
        /// The most similar file of the source.
        near: Option<String>,
    },
}

/// Returns the image of a new dataflow.
#[must_use]
pub fn default_image() -> String {
    format!("{DEFAULT_REPOSITORY}:{DEFAULT_TAG}")
}

/// Returns the name of the dataflow from the settings or the source.
#[must_use]
pub fn given_name(settings: &FlowSettings, source: &Source) -> Option<String> {
    let own = || source.dataflow.as_ref()?.metadata.name.clone();
    settings.name.clone().or_else(own)
}

/// Renders a new dataflow: the dataflow.yaml of the source or the defaults, changed by the settings.
///
/// # Errors
/// The dataflow has no valid name, or its Python file is unknown or missing.
pub fn render(settings: &FlowSettings, source: &Source) -> Result<Rendered, RenderError> {
    let mut dataflow = source.dataflow.clone().unwrap_or_else(new_dataflow);
    dataflow.status = None;
    if source.dataflow.is_none() && settings.python_file.is_none() {
        source
            .only_python_file()
            .unwrap_or_default()
            .clone_into(&mut dataflow.spec.python_file_name);
    }
    finish(dataflow, settings, source)
}

/// Renders an existing dataflow with new code from the source. The settings change only the fields that they contain.
/// If the source has a dataflow.yaml, this file replaces the existing spec.
///
/// # Errors
/// As [`render`].
pub fn update(
    existing: &Rendered,
    settings: &FlowSettings,
    source: &Source,
) -> Result<Rendered, RenderError> {
    if source.dataflow.is_some() {
        return render(settings, source);
    }
    let mut dataflow = existing.dataflow.clone();
    dataflow.status = None;
    let file = file_part(&dataflow.spec.python_file_name);
    if let (Some(only), false) = (
        source.only_python_file(),
        source.files.iter().any(|known| known == file),
    ) {
        only.clone_into(&mut dataflow.spec.python_file_name);
    }
    finish(dataflow, settings, source)
}

fn new_dataflow() -> Dataflow {
    let image = ImageSpec {
        repository: Some(DEFAULT_REPOSITORY.to_owned()),
        tag: DEFAULT_TAG.to_owned(),
        pull_policy: Some(PullPolicy::IfNotPresent),
        pull_secret: Some(String::new()),
    };
    Dataflow::new(
        "",
        DataflowSpec {
            image,
            ..DataflowSpec::default()
        },
    )
}

fn finish(
    mut dataflow: Dataflow,
    settings: &FlowSettings,
    source: &Source,
) -> Result<Rendered, RenderError> {
    let old = std::mem::take(&mut dataflow.metadata);
    let name = settings
        .name
        .clone()
        .or(old.name)
        .filter(|name| !name.is_empty());
    let name = parse_name(name, source)?;
    dataflow.metadata = ObjectMeta {
        name: Some(name.to_string()),
        namespace: settings.namespace.clone().or(old.namespace),
        labels: old.labels,
        annotations: old.annotations,
        ..ObjectMeta::default()
    };
    let old = dataflow.spec.clone();
    apply(&mut dataflow.spec, settings);
    substitution::protect(&mut dataflow, &old);
    if !source.code.is_empty() {
        dataflow.spec.config_map_name = Some(name.source());
        dataflow.spec.tar_name = source.tar_name.clone();
        check_python_file(&dataflow.spec.python_file_name, source)?;
    }
    // All fields of the image are kept, because tools disagree about their defaults.
    let image = std::mem::take(&mut dataflow.spec.image);
    dataflow.spec = dataflow.spec.without_defaults();
    dataflow.spec.image = image;
    Ok(Rendered {
        dataflow,
        code: source.code.clone(),
    })
}

fn parse_name(name: Option<String>, source: &Source) -> Result<DataflowName, RenderError> {
    let Some(name) = name else {
        return Err(RenderError::NoName {
            source_path: source.path.clone(),
        });
    };
    DataflowName::try_from(name.as_str()).map_err(|source| RenderError::BadName { name, source })
}

fn apply(spec: &mut DataflowSpec, settings: &FlowSettings) {
    if let Some(repository) = &settings.image_repository {
        spec.image.repository = Some(repository.clone());
    }
    if let Some(tag) = &settings.image_tag {
        spec.image.tag.clone_from(tag);
    }
    if let Some(policy) = settings.image_pull_policy {
        spec.image.pull_policy = Some(policy);
    }
    if let Some(secret) = &settings.image_pull_secret {
        spec.image.pull_secret = Some(secret.clone());
    }
    if let Some(file) = &settings.python_file {
        spec.python_file_name.clone_from(file);
    }
    spec.processes_count = settings.processes.or(spec.processes_count);
    spec.workers_per_process = settings.workers.or(spec.workers_per_process);
    spec.keep_alive = settings.keep_alive.or(spec.keep_alive);
    keep_state(spec, &settings.recovery);
    if let Some(values) = &settings.chart_values {
        spec.chart_values = Some(values.clone());
    }
    for (name, value) in &settings.env {
        match spec.env.iter_mut().find(|variable| variable.name == *name) {
            Some(variable) => variable.value.clone_from(value),
            None => spec.env.push(EnvVar {
                name: name.clone(),
                value: value.clone(),
            }),
        }
    }
}

fn keep_state(spec: &mut DataflowSpec, asked: &RecoverySettings) {
    let mut recovery = spec.recovery.take().unwrap_or_default();
    recovery.enabled = asked.enabled.or(recovery.enabled);
    recovery.parts_count = asked.parts.or(recovery.parts_count);
    recovery.snapshot_interval = asked.snapshot_interval.or(recovery.snapshot_interval);
    recovery.backup_interval = asked.backup_interval.or(recovery.backup_interval);
    recovery.single_volume = asked.single_volume.or(recovery.single_volume);
    if asked.size.is_some() || asked.storage_class.is_some() {
        let volumes = recovery.persistence.get_or_insert_default();
        volumes.size = asked.size.clone().or(volumes.size.take());
        volumes.storage_class_name = asked
            .storage_class
            .clone()
            .or(volumes.storage_class_name.take());
    }
    // `finish` removes fields that only repeat their default.
    spec.recovery = Some(recovery);
}

/// Returns the file of a reference: `flow.py` for `flow.py:get_flow(5)`.
fn file_part(python_file: &str) -> &str {
    python_file.split(':').next().unwrap_or_default()
}

/// Returns an error if the source does not contain the Python file. Dotted modules are not checked.
fn check_python_file(python_file: &str, source: &Source) -> Result<(), RenderError> {
    let file = file_part(python_file);
    let known: Vec<_> = source.python_files().collect();
    if file.is_empty() {
        return Err(RenderError::WhichPythonFile {
            source_path: source.path.clone(),
            known: known.into_iter().map(str::to_owned).collect(),
        });
    }
    if !file.ends_with(".py") || known.contains(&file) {
        return Ok(());
    }
    let near = suggest(file, known.iter().copied()).or(known.first().copied());
    Err(RenderError::NoPythonFile {
        source_path: source.path.clone(),
        file: file.to_owned(),
        near: near.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests;
