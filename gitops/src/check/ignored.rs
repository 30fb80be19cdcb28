//! Finds chart values that have no effect and without which a flow does something else than its manifest says.
//!
//! The operator only warns of them, so that a flow which runs with such a key keeps running. Nothing new gets into git
//! or into a cluster with them.

use dataflow::spec::DataflowSpec;
use dataflow::validate::{Fault, FaultKind};
use serde_json::Value;

const PATH: &str = "spec.chartValues";

/// Returns a fault for each value that would be ignored.
pub(super) fn ignored(spec: &DataflowSpec) -> Vec<Fault> {
    let text = spec.chart_values.as_deref().unwrap_or_default();
    // Values that cannot be read are a fault of the spec.
    let Ok(Some(values)) = dataflow::yaml::from_str::<Option<Value>>(text) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    let mut refuse = |path: &str, problem: &str, instead: &str| {
        faults.push(Fault {
            path: format!("{PATH}.{path}"),
            problem: problem.to_owned(),
            instead: instead.to_owned(),
            kind: FaultKind::NotSupportedYet,
        });
    };
    if is_filled(&values["extraSecretMounts"]) {
        refuse(
            "extraSecretMounts",
            "has no effect, so the flow would start without these files",
            "pass their content in variables of the Secret (`envFromSecret`), or put the files into the image",
        );
    }
    if is_filled(&values["envRenderSecret"]) {
        refuse(
            "envRenderSecret",
            "has no effect, so the flow would start without these variables",
            "create the Secret, and name it in `envFromSecret`",
        );
    }
    let account = &values["serviceAccount"];
    if is_filled(&account["name"]) || is_filled(&account["annotations"]) {
        refuse(
            "serviceAccount",
            "has no effect: the pods run as the default account of their namespace",
            "remove the key, and give the rights to that account",
        );
    }
    faults
}

/// Returns true if a value is more than a default that values files contain.
fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn paths(values: &str) -> Vec<String> {
        let spec = DataflowSpec {
            chart_values: Some(values.to_owned()),
            ..DataflowSpec::default()
        };
        let faults = ignored(&spec).into_iter();
        faults
            .map(|fault| fault.path.replace("spec.chartValues.", ""))
            .collect()
    }

    #[rstest]
    #[case::secret_files("extraSecretMounts: [{name: a, mountPath: /a}]", &["extraSecretMounts"])]
    #[case::variables("envRenderSecret: {A: b}", &["envRenderSecret"])]
    #[case::account("serviceAccount: {create: false, name: team}", &["serviceAccount"])]
    #[case::identity("serviceAccount: {annotations: {a: b}}", &["serviceAccount"])]
    #[case::unset_ids(
        "podSecurityContext: {runAsUser: null, fsGroup: ~}\nsecurityContext: {runAsUser:}",
        &[]
    )]
    #[case::defaults_of_the_chart(
        "extraSecretMounts: []\nenvRenderSecret: {}\nserviceAccount: {create: true, annotations: {}, name:}\n\
         securityContext: {}\npodSecurityContext:\n",
        &[]
    )]
    #[case::other_keys("podMonitor: {enabled: true}\npodSecurityContext: {fsGroup: 1}", &[])]
    #[case::nothing("", &[])]
    #[case::no_map("just text", &[])]
    fn value_that_would_be_missed_is_refused(#[case] values: &str, #[case] expected: &[&str]) {
        assert_eq!(paths(values), expected);
    }
}
