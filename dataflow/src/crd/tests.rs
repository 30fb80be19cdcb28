#![expect(
    clippy::disallowed_methods,
    reason = "the tests compare the CRD with files of the repository"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;

/// Checks of the schema that need no rule. They have fixtures too.
const SCHEMA_CHECKS: [&str; 5] = [
    "concurrency-policy",
    "image-required",
    "pull-policy",
    "python-file-name-required",
    "tag-required",
];

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[test]
fn crd_is_smaller_than_64_kib() {
    let size = serde_json::to_string(&crd()).unwrap().len();
    assert!(size < 64 * 1024, "the CRD has {size} bytes of JSON");
}

#[test]
fn crd_file_matches_the_types() {
    let file = in_repository("deploy/crd/dataflows.bytewax.io.yaml");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, yaml()).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(
        written == yaml(),
        "stale: run `UPDATE=1 cargo test -p dataflow crd`"
    );
}

/// The objects themselves are sent to a real API server by the tests that have a cluster.
#[test]
fn every_rule_has_both_fixtures() {
    let wanted: BTreeSet<String> = RULES
        .iter()
        .map(|rule| rule.name)
        .chain(SCHEMA_CHECKS)
        .flat_map(|name| [format!("{name}.good.yaml"), format!("{name}.bad.yaml")])
        .collect();
    assert_eq!(
        wanted.len(),
        2 * (RULES.len() + SCHEMA_CHECKS.len()),
        "names are unique"
    );
    let there: BTreeSet<String> = std::fs::read_dir(in_repository("tests/fixtures/cel"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, wanted);
}

#[test]
fn bad_fixtures_quote_the_message_of_their_rule() {
    for rule in RULES {
        let file = in_repository(&format!("tests/fixtures/cel/{}.bad.yaml", rule.name));
        let text = std::fs::read_to_string(&file).unwrap();
        let first = text.lines().next().unwrap();
        assert_eq!(
            first,
            format!(
                "# The API server refuses this object and says: {}",
                rule.message
            ),
            "{}",
            file.display()
        );
    }
}

/// `validate` refuses every object that a rule refuses. An object that the rules accept can still use a field that is
/// not supported yet.
#[test]
fn validate_agrees_with_the_cel_rules() {
    let checked = |name: &str| {
        let file = in_repository(&format!("tests/fixtures/cel/{name}.yaml"));
        let object: Dataflow = yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        crate::validate::validate(&object.spec, object.metadata.name.as_deref().unwrap())
    };
    for rule in RULES {
        if let Err(faults) = checked(&format!("{}.good", rule.name)) {
            assert!(faults.not_supported(), "{}: {faults}", rule.name);
        }
        // `validate` and the server parse quantities by different rules.
        if rule.name != "volume-size" {
            let faults = checked(&format!("{}.bad", rule.name)).unwrap_err();
            assert!(!faults.not_supported(), "{}: {faults}", rule.name);
        }
    }
}

#[test]
fn published_fields_exist_with_their_types() {
    let published: CustomResourceDefinition = yaml::from_str(
        &std::fs::read_to_string(in_repository("tests/fixtures/published-crd.yaml")).unwrap(),
    )
    .unwrap();
    let mut missing = Vec::new();
    compare("", &schema(&published), &schema(&crd()), &mut missing);
    assert_eq!(missing, Vec::<String>::new());
}

fn schema(crd: &CustomResourceDefinition) -> JSONSchemaProps {
    let version = &crd.spec.versions[0];
    assert_eq!(version.name, "v1alpha1");
    version
        .schema
        .clone()
        .unwrap()
        .open_api_v3_schema
        .unwrap()
        .properties
        .unwrap()["spec"]
        .clone()
}

fn compare(
    path: &str,
    theirs: &JSONSchemaProps,
    ours: &JSONSchemaProps,
    missing: &mut Vec<String>,
) {
    if theirs.type_ != ours.type_ || theirs.required != ours.required {
        missing.push(format!("{path}: {:?} {:?}", ours.type_, ours.required));
    }
    for (name, property) in theirs.properties.iter().flatten() {
        let path = format!("{path}.{name}");
        match ours
            .properties
            .as_ref()
            .and_then(|properties| properties.get(name))
        {
            Some(ours) => compare(&path, property, ours, missing),
            None => missing.push(path),
        }
    }
    if let (
        Some(JSONSchemaPropsOrArray::Schema(theirs)),
        Some(JSONSchemaPropsOrArray::Schema(ours)),
    ) = (&theirs.items, &ours.items)
    {
        compare(&format!("{path}[]"), theirs, ours, missing);
    }
}

#[test]
fn only_processes_count_and_status_have_defaults() {
    fn defaults(path: &str, schema: &JSONSchemaProps, found: &mut Vec<String>) {
        found.extend(
            schema
                .default
                .as_ref()
                .map(|value| format!("{path}={}", value.0)),
        );
        for (name, property) in schema.properties.iter().flatten() {
            defaults(&format!("{path}.{name}"), property, found);
        }
    }
    let mut found = Vec::new();
    let root = crd().spec.versions[0]
        .schema
        .clone()
        .unwrap()
        .open_api_v3_schema
        .unwrap();
    defaults("", &root, &mut found);
    assert_eq!(
        found,
        [
            ".spec.processesCount=1",
            ".status={\"observedGeneration\":-1}",
            ".status.observedGeneration=-1"
        ]
    );
}
