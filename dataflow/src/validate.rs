//! Checks a spec: returns either everything that is needed to run it, or every fault at once. Begin reading at
//! [`validate`].

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

/// A complete and consistent spec, with all defaults applied.
///
/// Only [`validate`] creates a value of this type, so code that takes one need not check anything again.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ValidatedDataflow {
    /// Name of the Dataflow.
    pub name: DataflowName,
    /// Spec as the user wrote it.
    pub spec: DataflowSpec,
    /// Image with its tag.
    pub image: String,
    /// Pull policy of the image.
    pub pull_policy: PullPolicy,
    /// Secret with the credentials of the registry.
    pub pull_secret: Option<String>,
    /// Name of the ConfigMap that contains the code; `None` if the image contains it.
    pub config_map: Option<String>,
    /// Key of the ConfigMap that is a tar archive.
    pub tar: Option<String>,
    /// Python file with the dataflow, in the form that the engine takes.
    pub python_file: String,
    /// Number of processes, at least 1.
    pub processes: i32,
    /// Number of worker threads in each process, at least 1.
    pub workers: i32,
    /// Whether the pods stay after the end of the input.
    pub keep_alive: bool,
    /// Whether the Dataflow is suspended.
    pub suspend: bool,
    /// Environment variables of the spec.
    pub env: Vec<EnvVar>,
    /// Settings of recovery, if it is enabled.
    pub recovery: Option<ValidatedRecovery>,
    /// Honoured values of the chart.
    pub chart: ChartValues,
    /// Warnings about settings that are valid but probably a mistake.
    pub warnings: Vec<Warning>,
}

/// Checks a spec.
///
/// ```
/// use dataflow::spec::DataflowSpec;
/// use dataflow::validate::validate;
/// use dataflow::yaml;
///
/// let text = "{image: {tag: 0.21.1-python3.11}, pythonFileName: orders.py, configMapName: orders}";
/// let mut spec: DataflowSpec = yaml::from_str(text)?;
/// let valid = validate(&spec, "orders")?;
/// assert_eq!(valid.image, "bytewax/bytewax:0.21.1-python3.11");
/// assert_eq!(valid.processes, 1);
///
/// spec.processes_count = Some(0);
/// spec.config_map_name = None;
/// let faults = validate(&spec, "orders").unwrap_err();
/// let paths: Vec<_> = faults.0.iter().map(|fault| fault.path.as_str()).collect();
/// assert_eq!(paths, ["spec.configMapName", "spec.processesCount"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns every fault, in the order of the checks.
pub fn validate(spec: &DataflowSpec, name: &str) -> Result<ValidatedDataflow, Faults> {
    checked(spec, name, None)
}

/// Checks the recorded spec of a revision like [`validate`], but accepts `unused` as the name of its container.
///
/// `unused` is a reserved name that no container of the platform has in the pods of this revision. An earlier release may
/// not have reserved it, and what ran under that release stays supervised.
///
/// # Errors
///
/// Returns every fault, in the order of the checks.
pub fn validate_recorded(
    spec: &DataflowSpec,
    name: &str,
    unused: &str,
) -> Result<ValidatedDataflow, Faults> {
    checked(spec, name, Some(unused))
}

fn checked(
    spec: &DataflowSpec,
    name: &str,
    unused: Option<&str>,
) -> Result<ValidatedDataflow, Faults> {
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
    let (chart, mut warnings) = chart::check(spec, unused, &mut found);
    let name = match valid_name {
        Ok(name) if found.is_empty() => name,
        _ => return Err(Faults(found)),
    };
    if spec.image.tag == "latest" || spec.image.tag.starts_with("latest-") {
        warnings.push(Warning {
            path: "spec.image.tag".to_owned(),
            message: format!(
                "the tag `{}` can refer to another image tomorrow: write a version such as 0.21.1-python3.11",
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
        config_map: filled(spec.config_map_name.as_ref()),
        tar: filled(spec.tar_name.as_ref()),
        python_file: spec.python_file_name.clone(),
        processes: spec.processes(),
        workers: spec.workers(),
        keep_alive: spec.keeps_alive(),
        suspend: spec.suspended(),
        env: spec.env.clone(),
        recovery: ValidatedRecovery::from_spec(spec),
        chart,
        warnings,
        spec: spec.clone(),
    })
}
