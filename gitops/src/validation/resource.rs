//! Checks one Dataflow resource: its form, its fields, and the rules that the API server and the operator have.

use dataflow::Dataflow;
use dataflow::validate::{self, FaultKind, WarningKind};
use dataflow::yaml::YamlError;
use kube::core::{Resource as _, TypeMeta};

use super::found::{Flow, parent};
use super::problem::InFile;
use crate::check::namespace_fault;
use crate::edit::line_of;
use crate::spelling::suggest_field;

/// Reads the resource. If it cannot be read, adds the problem.
pub(super) fn read(text: &str, problems: &mut InFile<'_>) -> Option<Dataflow> {
    let types = match dataflow::yaml::from_str::<TypeMeta>(text) {
        Ok(types) => types,
        Err(error) => {
            unreadable(&error, problems);
            return None;
        }
    };
    let wanted = (Dataflow::api_version(&()), Dataflow::kind(&()));
    if (types.api_version.as_str(), types.kind.as_str()) != (&*wanted.0, &*wanted.1) {
        let message = format!("is `{}` of `{}`", types.kind, types.api_version);
        problems.error(
            "kind",
            "kind",
            &message,
            "write `kind: Dataflow` and `apiVersion: bytewax.io/v1alpha1`",
        );
        return None;
    }
    match dataflow::yaml::from_str_strict::<Dataflow>(text) {
        Ok(dataflow) => return Some(dataflow),
        Err(YamlError::UnknownFields(fields)) => {
            // The status, which `kubectl get -o yaml` prints, belongs to the operator.
            for field in fields.iter().filter(|field| !field.starts_with("status.")) {
                let remedy = suggest_field(field)
                    .map(|meant| format!("write `{meant}`"))
                    .unwrap_or_default();
                problems.error(
                    field,
                    "unknown-field",
                    "is a field that a Dataflow does not have",
                    &remedy,
                );
            }
        }
        Err(error) => {
            unreadable(&error, problems);
            return None;
        }
    }
    dataflow::yaml::from_str(text).ok()
}

fn unreadable(error: &YamlError, problems: &mut InFile<'_>) {
    let message = format!("cannot be read: {}", error.brief());
    problems.error_at(error.line(), "yaml", &message);
}

/// Checks the fields of a resource.
pub(super) fn check(dataflow: &Dataflow, problems: &mut InFile<'_>) {
    let name = dataflow.metadata.name.as_deref().unwrap_or_default();
    for fault in validate::inline_credentials(&dataflow.spec) {
        problems.error(&fault.path, "credentials", &fault.problem, &fault.instead);
    }
    if let Some(fault) = namespace_fault(dataflow.metadata.namespace.as_deref()) {
        problems.error(&fault.path, "spec", &fault.problem, &fault.instead);
    }
    match validate::validate(&dataflow.spec, name) {
        Ok(valid) => {
            for warning in &valid.warnings {
                let rule = match warning.kind {
                    WarningKind::ChartValuesNotHonoured => "chart-values",
                    WarningKind::FloatingTag => "floating-tag",
                    // It is reported as an error above.
                    WarningKind::InlineCredential => continue,
                };
                let message = format!(": {}", warning.message);
                problems.warning(&warning.path, rule, &message, "");
            }
        }
        Err(faults) => {
            for fault in &faults.0 {
                let rule = match fault.kind {
                    FaultKind::Invalid => "spec",
                    FaultKind::NotSupportedYet => "not-supported",
                };
                problems.error(&fault.path, rule, &fault.problem, &fault.instead);
            }
        }
    }
}

/// Returns the identity of a resource.
pub(super) fn flow(dataflow: &Dataflow, file: &str, text: &str) -> Flow {
    Flow {
        file: file.to_owned(),
        line: line_of(text, "metadata.name"),
        scope: parent(file).to_owned(),
        namespace: dataflow.metadata.namespace.clone(),
        name: dataflow.metadata.name.clone().unwrap_or_default(),
    }
}
