//! Settings and source to the resource and its code: pure, and the same every time.

use std::path::PathBuf;

use dataflow::name::{DataflowName, NameError};
use dataflow::spec::{Dataflow, DataflowSpec, EnvVar, ImageSpec, PullPolicy};
use kube::core::ObjectMeta;
use thiserror::Error;

use crate::rendered::Rendered;
use crate::settings::{FlowSettings, RecoverySettings};
use crate::source::Source;
use crate::suggest::suggest;

const DEFAULT_REPOSITORY: &str = "bytewax/bytewax";
const DEFAULT_TAG: &str = "0.21.1-python3.11";

/// Why a source does not become a dataflow.
#[derive(Debug, Error)]
pub enum RenderError {
    /// Neither the settings nor the source name it.
    #[error("the dataflow has no name")]
    NoName {
        /// The source.
        source_path: PathBuf,
    },
    /// It can't have that name.
    #[error("{name:?} is not a name for a dataflow")]
    BadName {
        /// The name.
        name: String,
        /// What is wrong with it.
        source: NameError,
    },
    /// Nothing says which of the files holds the flow.
    #[error("{} does not say which Python file holds the flow", source_path.display())]
    WhichPythonFile {
        /// The source.
        source_path: PathBuf,
        /// Its Python files.
        known: Vec<String>,
    },
    /// The source does not have the file that holds the flow.
    #[error("{} holds no {file}", source_path.display())]
    NoPythonFile {
        /// The source.
        source_path: PathBuf,
        /// The file asked for.
        file: String,
        /// The file that was probably meant.
        near: Option<String>,
    },
}

/// The image that a new dataflow gets.
#[must_use]
pub fn default_image() -> String {
    format!("{DEFAULT_REPOSITORY}:{DEFAULT_TAG}")
}

/// Returns the name that the settings or the source give the dataflow.
#[must_use]
pub fn given_name(settings: &FlowSettings, source: &Source) -> Option<String> {
    let own = || source.dataflow.as_ref()?.metadata.name.clone();
    settings.name.clone().or_else(own)
}

/// Renders a dataflow anew: the folder's own dataflow.yaml or the defaults, then what was given.
///
/// # Errors
/// It has no name, or nothing says which file holds the flow.
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

/// Renders a dataflow that exists: its code becomes the source's, and of the rest only what was
/// given changes. A folder with its own dataflow.yaml says everything itself.
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
    apply(&mut dataflow.spec, settings);
    if !source.code.is_empty() {
        dataflow.spec.config_map_name = Some(name.source());
        dataflow.spec.tar_name = source.tar_name.clone();
        check_python_file(&dataflow.spec.python_file_name, source)?;
    }
    // The image stays written out: what a missing field of it means differs between tools.
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
    // What says nothing is left out further on.
    spec.recovery = Some(recovery);
}

/// `flow.py:get_flow(5)` names the file `flow.py`.
fn file_part(python_file: &str) -> &str {
    python_file.split(':').next().unwrap_or_default()
}

/// Checks that the file is there, as far as one can tell: dotted modules are Python's affair.
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
