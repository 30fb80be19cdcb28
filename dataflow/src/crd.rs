//! The CustomResourceDefinition: the schema of the types, and the CEL rules that the API server checks.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceColumnDefinition, CustomResourceDefinition, JSON, JSONSchemaProps,
    JSONSchemaPropsOrArray, ValidationRule,
};
use kube::CustomResourceExt;
use serde_json::json;

use crate::spec::Dataflow;
use crate::yaml;

mod rules;

#[cfg(test)]
mod tests;

use rules::{RULES, Rule};

/// Required fields of a spec, the same as in the published CRD.
///
/// The types read an absent field as empty, so that `validate` can report it together with all other faults.
const REQUIRED: [(&[&str], &[&str]); 5] = [
    (&["spec"], &["image", "pythonFileName"]),
    (&["spec", "image"], &["tag"]),
    (&["spec", "env", "*"], &["name", "value"]),
    (&["spec", "artifactsDownload"], &["url"]),
    (&["spec", "recovery", "cloudBackup", "s3"], &["url"]),
];

/// Columns of `kubectl get`: name, type, path, and whether only `-o wide` shows the column.
const COLUMNS: [(&str, &str, &str, bool); 7] = [
    ("Phase", "string", ".status.phase", false),
    ("Ready", "string", ".status.processes.summary", false),
    ("Image", "string", ".spec.image.tag", false),
    (
        "Reason",
        "string",
        ".status.conditions[?(@.type==\"Ready\")].reason",
        false,
    ),
    ("Age", "date", ".metadata.creationTimestamp", false),
    (
        "Message",
        "string",
        ".status.conditions[?(@.type==\"Ready\")].message",
        true,
    ),
    ("Revision", "string", ".status.revision", true),
];

/// Returns the CustomResourceDefinition of the Dataflow.
#[must_use]
pub fn crd() -> CustomResourceDefinition {
    let mut crd = Dataflow::crd();
    for version in &mut crd.spec.versions {
        let root = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut());
        finish(root.expect("the derived CRD has a schema"));
        version.additional_printer_columns = Some(COLUMNS.map(column).to_vec());
    }
    crd
}

/// Returns the CustomResourceDefinition as canonical YAML.
#[must_use]
pub fn yaml() -> String {
    yaml::to_string(&crd()).expect("a CRD is plain JSON")
}

fn column((name, type_, path, wide): (&str, &str, &str, bool)) -> CustomResourceColumnDefinition {
    CustomResourceColumnDefinition {
        name: name.to_owned(),
        type_: type_.to_owned(),
        json_path: path.to_owned(),
        priority: wide.then_some(1),
        ..CustomResourceColumnDefinition::default()
    }
}

fn finish(root: &mut JSONSchemaProps) {
    plain(root);
    for (path, required) in REQUIRED {
        at(root, path).required = Some(required.iter().map(|&name| name.to_owned()).collect());
    }
    // The API server replies with status 500 to a request for the scale subresource if this field is absent.
    at(root, &["spec", "processesCount"]).default = Some(JSON(json!(1)));
    // Before the operator writes a status, health checks of other tools must report "in progress", not "healthy".
    at(root, &["status"]).default = Some(JSON(json!({ "observedGeneration": -1 })));
    at(root, &["status", "observedGeneration"]).default = Some(JSON(json!(-1)));
    let conditions = at(root, &["status", "conditions"]);
    conditions.x_kubernetes_list_type = Some("map".to_owned());
    conditions.x_kubernetes_list_map_keys = Some(vec!["type".to_owned()]);
    // The API server estimates the cost of a rule from the maximum size of the value.
    at(root, &["spec", "env"]).max_items = Some(1000);
    at(root, &["spec", "env", "*", "name"]).max_length = Some(1024);
    for Rule {
        path,
        expression,
        message,
        ..
    } in RULES
    {
        let rules = at(root, path)
            .x_kubernetes_validations
            .get_or_insert_default();
        rules.push(ValidationRule {
            rule: (*expression).to_owned(),
            message: Some((*message).to_owned()),
            ..ValidationRule::default()
        });
    }
}

/// Removes the parts of the derived schema that the published one does not have: defaults, `null` as a value, and
/// minimums of integers.
fn plain(schema: &mut JSONSchemaProps) {
    schema.default = None;
    schema.nullable = None;
    if schema.type_.as_deref() == Some("integer") {
        schema.minimum = None;
    }
    for property in schema
        .properties
        .iter_mut()
        .flat_map(|map| map.values_mut())
    {
        plain(property);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        plain(items);
    }
}

/// Returns the schema of one field. In the path, `*` means the items of a list.
fn at<'a>(root: &'a mut JSONSchemaProps, path: &[&str]) -> &'a mut JSONSchemaProps {
    path.iter().fold(root, |schema, &name| {
        let child = match (name, &mut schema.items, &mut schema.properties) {
            ("*", Some(JSONSchemaPropsOrArray::Schema(items)), _) => Some(items.as_mut()),
            (_, _, Some(properties)) => properties.get_mut(name),
            _ => None,
        };
        child.expect("every path here names a field of the types")
    })
}
