//! Checks of a spec: either everything that is needed to run it, or every fault at once.

use std::fmt;

use crate::chart_values::ChartValues;
use crate::name::DataflowName;
use crate::spec::defaults::{filled, present};
use crate::spec::{DEFAULT_PULL_SECRET, DataflowSpec, EnvVar, PullPolicy};

mod backup;
mod chart;
mod credentials;
mod environment;
mod fields;
mod recovery;
mod unsupported;

#[cfg(test)]
mod tests;

pub use backup::{BackupKeys, ValidatedBackup};
pub use credentials::inline_credentials;
pub use recovery::{NO_STORE, ValidatedRecovery};

/// A spec in which everything is there and fits together.
///
/// Only [`validate`] makes one, so whoever holds one need not check anything again.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ValidatedDataflow {
    /// Name of the Dataflow.
    pub name: DataflowName,
    /// The spec as it was written.
    pub spec: DataflowSpec,
    /// Image with its tag.
    pub image: String,
    /// When the node pulls the image.
    pub pull_policy: PullPolicy,
    /// Secret with the registry's credentials.
    pub pull_secret: Option<String>,
    /// ConfigMap that holds the code.
    pub config_map: String,
    /// Key of the ConfigMap that is a tar archive.
    pub tar: Option<String>,
    /// Python file with the dataflow, as the engine takes it.
    pub python_file: String,
    /// Number of processes, at least 1.
    pub processes: i32,
    /// Number of worker threads in each process, at least 1.
    pub workers: i32,
    /// Whether the pods stay after the end of the input.
    pub keep_alive: bool,
    /// Whether no process shall run.
    pub suspend: bool,
    /// Environment variables of the spec.
    pub env: Vec<EnvVar>,
    /// How state is kept, if it is.
    pub recovery: Option<ValidatedRecovery>,
    /// Values of the chart that are honoured.
    pub chart: ChartValues,
    /// What works but is probably not meant.
    pub warnings: Vec<Warning>,
}

/// One thing that is wrong with a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path of the field, such as `spec.image.tag`.
    pub path: String,
    /// What is wrong, to be read after the path: `is empty`.
    pub problem: String,
    /// What to write instead, as a command: `write a tag`.
    pub instead: String,
    /// Whether the spec is wrong or only ahead of this release.
    pub kind: FaultKind,
}

/// Kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The spec is wrong.
    Invalid,
    /// The spec asks for something that this release can't do.
    NotSupportedYet,
}

/// Every fault of a spec; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

/// Something that works but is probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Path of the field.
    pub path: String,
    /// What to know about it, as a sentence without a full stop.
    pub message: String,
    /// Kind of the warning.
    pub kind: WarningKind,
}

/// Kind of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// A key of `chartValues` has no effect.
    ChartValuesNotHonoured,
    /// The tag may mean another image tomorrow.
    FloatingTag,
    /// A credential stands in the spec itself.
    InlineCredential,
}

/// Checks a spec.
///
/// # Errors
///
/// Fails with every fault that there is, in the order of the fields.
pub fn validate(spec: &DataflowSpec, name: &str) -> Result<ValidatedDataflow, Faults> {
    let mut found = Vec::new();
    let valid_name = name.parse::<DataflowName>();
    if let Err(problem) = &valid_name {
        found.push(Fault::invalid(
            "metadata.name",
            problem.to_string(),
            "write a short name such as `orders`",
        ));
    }
    fields::check(spec, &mut found);
    environment::check(&spec.env, &mut found);
    unsupported::check(spec, &mut found);
    recovery::check(spec, &mut found);
    let (chart, mut warnings) = chart::check(spec, &mut found);
    let name = match valid_name {
        Ok(name) if found.is_empty() => name,
        _ => return Err(Faults(found)),
    };
    if spec.image.tag == "latest" || spec.image.tag.starts_with("latest-") {
        warnings.push(Warning {
            path: "spec.image.tag".to_owned(),
            message: format!(
                "the tag `{}` may mean another image tomorrow: write a version such as 0.21.1-python3.11",
                spec.image.tag
            ),
            kind: WarningKind::FloatingTag,
        });
    }
    warnings.extend(inline_credentials(spec).into_iter().map(|fault| Warning {
        message: format!("{}; {}", fault.problem, fault.instead),
        path: fault.path,
        kind: WarningKind::InlineCredential,
    }));
    Ok(ValidatedDataflow {
        name,
        image: spec.image_reference(),
        pull_policy: spec.image.pull_policy.unwrap_or_default(),
        pull_secret: match &spec.image.pull_secret {
            None => Some(DEFAULT_PULL_SECRET.to_owned()),
            Some(secret) => present(Some(secret)).cloned(),
        },
        config_map: filled(spec.config_map_name.as_ref()).unwrap_or_default(),
        tar: filled(spec.tar_name.as_ref()),
        python_file: spec.python_file_name.clone(),
        processes: spec.processes(),
        workers: spec.workers(),
        keep_alive: spec.keeps_alive(),
        suspend: spec.suspended(),
        env: spec.env.clone(),
        recovery: ValidatedRecovery::of(spec),
        chart,
        warnings,
        spec: spec.clone(),
    })
}

impl Fault {
    fn invalid(
        path: impl Into<String>,
        problem: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            problem: problem.into(),
            instead: instead.into(),
            kind: FaultKind::Invalid,
        }
    }

    fn not_supported_yet(path: &str, instead: &str) -> Self {
        Self {
            path: path.to_owned(),
            problem: "is not supported yet".to_owned(),
            instead: instead.to_owned(),
            kind: FaultKind::NotSupportedYet,
        }
    }
}

impl Faults {
    /// Whether the spec is fine but for what this release can't do yet.
    #[must_use]
    pub fn not_supported(&self) -> bool {
        self.0
            .iter()
            .all(|fault| fault.kind == FaultKind::NotSupportedYet)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.path, self.problem, self.instead)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let end = if index + 1 < self.0.len() { "\n" } else { "" };
            write!(f, "{fault}{end}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
