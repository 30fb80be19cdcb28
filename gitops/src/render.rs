//! Renders settings and a source to a Dataflow and its code. The same input always gives the same result.

use std::path::PathBuf;

use dataflow::name::{DataflowName, NameError};
use dataflow::spec::{Dataflow, DataflowSpec, EnvVar, ImageSpec, PullPolicy};
use kube::core::ObjectMeta;
use thiserror::Error;

use crate::entry::{Candidate, Choice, Location, file_part, locate, near};
use crate::environment::flow_folder;
use crate::rendered::Rendered;
use crate::settings::{FlowSettings, RecoverySettings};
use crate::source::Source;
use crate::substitution;

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
        /// Folder of the flow that the source is a part of.
        folder: Option<String>,
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
        /// Files of the source: Python files, or notebooks if there are only those.
        known: Vec<String>,
        /// The flows that were found in them.
        candidates: Vec<Candidate>,
    },
    /// The entry point is a notebook.
    #[error("{file} is a notebook, not a Python file")]
    Notebook {
        /// The notebook.
        file: String,
    },
    /// The image has the code, and the source has code, too.
    #[error("the code cannot be in the image and in {}", source_path.display())]
    TwoPlaces {
        /// Path of the source.
        source_path: PathBuf,
    },
    /// The image has the code, and nothing names its module.
    #[error("the code is in the image, and no module is named")]
    WhichModule,
    /// A module of the source has the name of the engine.
    #[error("{file} hides the engine: Python finds it instead of the package `bytewax`")]
    HidesEngine {
        /// The module.
        file: String,
    },
    /// The source does not contain the Python file.
    #[error("{} does not contain {file}", source_path.display())]
    NoPythonFile {
        /// Path of the source.
        source_path: PathBuf,
        /// The requested file.
        file: String,
        /// The entry point that was probably meant.
        near: Option<String>,
    },
}

/// Returns the image of a new dataflow.
#[must_use]
pub fn default_image() -> String {
    format!("{DEFAULT_REPOSITORY}:{DEFAULT_TAG}")
}

/// Returns the name of the dataflow from the settings or the source: its dataflow.yaml, or its folder in a repository.
#[must_use]
pub fn given_name(settings: &FlowSettings, source: &Source) -> Option<String> {
    let own = || source.dataflow.as_ref()?.metadata.name.clone();
    let of_folder = || Some(source.flow_folder()?.name.clone());
    settings.name.clone().or_else(own).or_else(of_folder)
}

/// Renders a new dataflow: the dataflow.yaml of the source or the defaults, changed by the settings.
///
/// # Errors
/// The dataflow has no valid name, or its Python file is unknown or missing.
pub fn render(settings: &FlowSettings, source: &Source) -> Result<Rendered, RenderError> {
    let mut dataflow = source.dataflow.clone().unwrap_or_else(new_dataflow);
    dataflow.status = None;
    let in_image = settings.code_in_image.unwrap_or(false);
    if source.dataflow.is_none() && settings.python_file.is_none() && !in_image {
        dataflow.spec.python_file_name = only_flow(source)?;
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
    let files: Vec<_> = source.python_files().collect();
    // An entry point that the source still has is kept, whatever else is beside it.
    if settings.python_file.is_none()
        && !settings.code_in_image.unwrap_or(false)
        && locate(&dataflow.spec.python_file_name, &files) == Location::Missing
    {
        dataflow.spec.python_file_name = only_flow(source)?;
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
        .filter(|name| !name.is_empty())
        .or_else(|| Some(source.flow_folder()?.name.clone()));
    let name = parse_name(name, source)?;
    dataflow.metadata = ObjectMeta {
        name: Some(name.to_string()),
        namespace: settings.namespace.clone().or(old.namespace),
        labels: old.labels,
        annotations: old.annotations,
        ..ObjectMeta::default()
    };
    let old = dataflow.clone();
    apply(&mut dataflow.spec, settings);
    substitution::protect(&mut dataflow, &old);
    if settings.code_in_image == Some(true) {
        take_from_image(&mut dataflow.spec, source)?;
    } else if !source.code.is_empty() {
        dataflow.spec.code_in_image = None;
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

/// Removes everything that brings code beside the image.
fn take_from_image(spec: &mut DataflowSpec, source: &Source) -> Result<(), RenderError> {
    if !source.code.is_empty() {
        return Err(RenderError::TwoPlaces {
            source_path: source.path.clone(),
        });
    }
    if file_part(&spec.python_file_name).is_empty() {
        return Err(RenderError::WhichModule);
    }
    spec.code_in_image = Some(true);
    (spec.config_map_name, spec.tar_name) = (None, None);
    Ok(())
}

fn parse_name(name: Option<String>, source: &Source) -> Result<DataflowName, RenderError> {
    let Some(name) = name else {
        return Err(RenderError::NoName {
            source_path: source.path.clone(),
            folder: source
                .place
                .as_ref()
                .map(|place| flow_folder(&place.environment, &place.name)),
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
    asked.backup.apply(&mut recovery);
    // `finish` removes fields that only repeat their default.
    spec.recovery = Some(recovery);
}

/// Returns the only entry point of a source.
fn only_flow(source: &Source) -> Result<String, RenderError> {
    match source.entry_point() {
        Choice::One(reference) => Ok(reference),
        Choice::Several(candidates) => Err(which_file(source, candidates)),
    }
}

fn which_file(source: &Source, candidates: Vec<Candidate>) -> RenderError {
    let mut known: Vec<_> = source.python_files().map(str::to_owned).collect();
    if known.is_empty() {
        let notebooks = source.files.iter().filter(|file| file.ends_with(".ipynb"));
        known.extend(notebooks.cloned());
    }
    RenderError::WhichPythonFile {
        source_path: source.path.clone(),
        known,
        candidates,
    }
}

/// Returns an error if the source does not contain the file of the entry point. A module of a package that the source
/// does not have can be in the image, unless its name is similar to one of the source.
fn check_python_file(python_file: &str, source: &Source) -> Result<(), RenderError> {
    let file = file_part(python_file);
    if file.is_empty() {
        let found = match source.entry_point() {
            Choice::One(_) => Vec::new(),
            Choice::Several(candidates) => candidates,
        };
        return Err(which_file(source, found));
    }
    if file.ends_with(".ipynb") {
        let file = file.to_owned();
        return Err(RenderError::Notebook { file });
    }
    let hides = |file: &&str| matches!(*file, "bytewax.py" | "bytewax/__init__.py");
    if let Some(file) = source.python_files().find(hides) {
        let file = file.to_owned();
        return Err(RenderError::HidesEngine { file });
    }
    let known: Vec<_> = source.python_files().collect();
    let location = locate(python_file, &known);
    let near = || near(python_file, &known);
    let near = match location {
        Location::File(_) => return Ok(()),
        Location::Elsewhere => match near() {
            Some(near) => Some(near),
            None => return Ok(()),
        },
        Location::Missing => near().or_else(|| match source.entry_point() {
            Choice::One(reference) => Some(reference),
            Choice::Several(_) => None,
        }),
    };
    Err(RenderError::NoPythonFile {
        source_path: source.path.clone(),
        file: file.to_owned(),
        near,
    })
}

#[cfg(test)]
mod tests;
