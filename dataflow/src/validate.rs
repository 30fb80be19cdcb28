//! Checks of a spec: either everything that is needed to run it, or every fault at once.

use crate::chart_values::ChartValues;
use crate::name::DataflowName;
use crate::spec::absent::{filled, present};
use crate::spec::{DEFAULT_PULL_SECRET, DataflowSpec, EnvVar, PullPolicy};

mod backup;
mod chart;
mod credentials;
mod environment;
mod fault;
mod fields;
mod recovery;
mod unsupported;

#[cfg(test)]
mod tests;

pub use backup::{BackupKeys, INTERVALS_KEPT, ValidatedBackup};
pub use credentials::inline_credentials;
pub use fault::{Fault, FaultKind, Faults, Warning, WarningKind};
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
