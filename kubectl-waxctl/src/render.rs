//! Settings and source to the resource and its code: pure, and the same every time.

pub mod check;
pub mod expand;
pub mod layout;
pub mod spelling;
mod text;

use dataflow::code::Code;
use dataflow::name::DataflowName;
use dataflow::spec::{Dataflow, DataflowSpec, EnvVar, ImageSpec, PullPolicy};
use kube::api::ObjectMeta;

use crate::error::{CommandError, suggest};
use crate::settings::{PullPolicyFlag, RecoveryArgs, Settings};
use crate::source::Source;
pub use check::check;
pub(crate) use text::{Object, objects};
pub use text::{source_config_map, text};

const DEFAULT_REPOSITORY: &str = "bytewax/bytewax";
const DEFAULT_TAG: &str = "0.21.1-python3.11";

/// A dataflow as it is to be, with its code.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The resource: it always has a name, and a namespace only where one was given.
    pub dataflow: Dataflow,
    /// The code; empty when the resource names a ConfigMap from elsewhere.
    pub code: Code,
}

impl Rendered {
    /// The dataflow's name.
    pub fn name(&self) -> &str {
        self.dataflow.metadata.name.as_deref().unwrap_or_default()
    }

    /// The dataflow's namespace, where one was given.
    pub fn namespace(&self) -> Option<&str> {
        self.dataflow.metadata.namespace.as_deref()
    }
}

/// The image that a new dataflow gets.
pub fn default_image() -> String {
    format!("{DEFAULT_REPOSITORY}:{DEFAULT_TAG}")
}

/// Renders a dataflow anew: the folder's own dataflow.yaml or the defaults, then what was given.
pub fn render(settings: &Settings, source: &Source) -> Result<Rendered, CommandError> {
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
pub fn update(
    existing: &Rendered,
    settings: &Settings,
    source: &Source,
) -> Result<Rendered, CommandError> {
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
    settings: &Settings,
    source: &Source,
) -> Result<Rendered, CommandError> {
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

fn parse_name(name: Option<String>, source: &Source) -> Result<DataflowName, CommandError> {
    let Some(name) = name else {
        return Err(
            CommandError::usage("the dataflow has no name").hint(format!(
                "give it one with `--name NAME`, or put a dataflow.yaml beside {}",
                source.path.display()
            )),
        );
    };
    DataflowName::try_from(name.as_str()).map_err(|error| {
        CommandError::usage(format!("{name:?} is not a name for a dataflow")).chain(&error)
    })
}

fn apply(spec: &mut DataflowSpec, settings: &Settings) {
    if let Some(repository) = &settings.image_repository {
        spec.image.repository = Some(repository.clone());
    }
    if let Some(tag) = &settings.image_tag {
        spec.image.tag.clone_from(tag);
    }
    if let Some(policy) = settings.image_pull_policy {
        spec.image.pull_policy = Some(match policy {
            PullPolicyFlag::Always => PullPolicy::Always,
            PullPolicyFlag::IfNotPresent => PullPolicy::IfNotPresent,
            PullPolicyFlag::Never => PullPolicy::Never,
        });
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

fn keep_state(spec: &mut DataflowSpec, asked: &RecoveryArgs) {
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
fn check_python_file(python_file: &str, source: &Source) -> Result<(), CommandError> {
    let file = file_part(python_file);
    let known: Vec<_> = source.python_files().collect();
    if file.is_empty() {
        let error = CommandError::usage(format!(
            "{} does not say which Python file holds the flow",
            source.path.display()
        ));
        return Err(match known.first() {
            Some(first) => error
                .because(format!("it holds {}", known.join(", ")))
                .hint(format!("name one, such as `--python-file-name {first}`")),
            None => error.because("it holds no Python file"),
        });
    }
    if !file.ends_with(".py") || known.contains(&file) {
        return Ok(());
    }
    let error = CommandError::usage(format!("{} holds no {file}", source.path.display()));
    Err(
        match suggest(file, known.iter().copied()).or(known.first().copied()) {
            Some(near) => error.hint(format!("did you mean `--python-file-name {near}`?")),
            None => error,
        },
    )
}

#[cfg(test)]
mod tests;
