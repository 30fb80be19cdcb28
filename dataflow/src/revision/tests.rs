use proptest::prelude::*;

use super::*;
use crate::code::Code;
use crate::spec::strategy::{self, any_spec};
use crate::spec::{ActionKind, ExpectedStore, Persistence, RecoveryAction};

fn code(text: &str) -> CodeHash {
    let mut code = Code::new();
    code.insert("simple.py", text.as_bytes()).unwrap();
    code.hash()
}

#[test]
fn revision_has_ten_hex_digits() {
    let id = revision(&DataflowSpec::default(), &Code::new().hash());
    assert_eq!(id.as_str().parse::<RevisionId>().as_ref(), Ok(&id));
    for wrong in ["", "0123", "0123456789a", "012345678G", "ABCDEF0123"] {
        assert!(wrong.parse::<RevisionId>().is_err(), "{wrong}");
    }
}

#[test]
fn revision_is_stable_across_releases() {
    let spec: DataflowSpec = crate::yaml::from_str(
        "
image: {tag: 0.21.1-python3.11, pullPolicy: IfNotPresent, pullSecret: ''}
pythonFileName: simple.py
configMapName: a
processesCount: 2
workersPerProcess: 2
keepAlive: true
env: [{name: A, value: '1'}]
chartValues: 'podLabels: {a: b}'
recovery: {enabled: true, cloudBackup: {s3: {url: 's3://b'}}}
",
    )
    .unwrap();
    insta::assert_snapshot!(revision(&spec, &code("flow = 1\n")), @"833ca5baad");
    insta::assert_snapshot!(revision(&DataflowSpec::default(), &Code::new().hash()), @"f196d05890");
}

proptest! {
    #[test]
    fn written_out_defaults_keep_the_revision(spec in any_spec()) {
        let hash = code("x");
        let written_out = strategy::with_defaults(&spec);
        prop_assert_eq!(revision(&written_out, &hash), revision(&spec, &hash));
        prop_assert_eq!(written_out.without_defaults(), spec.without_defaults());
    }

    #[test]
    fn fields_outside_the_revision_keep_it(
        spec in any_spec(), processes in 1..9, suspend: bool, place in "[a-z]{1,5}"
    ) {
        let mut other = spec.clone();
        other.processes_count = Some(processes);
        other.suspend = Some(suspend);
        other.config_map_name = Some(place);
        let recovery = other.recovery.get_or_insert_default();
        recovery.action = Some(RecoveryAction {
            kind: ActionKind::Reset,
            point: None,
            steps: Vec::new(),
            expect: ExpectedStore::default(),
        });
        recovery.persistence = Some(Persistence {
            size: Some("3Gi".to_owned()),
            storage_class_name: Some("other".to_owned()),
        });
        prop_assert_eq!(revision(&other, &code("x")), revision(&spec, &code("x")));
    }

    #[test]
    fn key_order_keeps_the_revision(spec in any_spec()) {
        // Objects from the API server have their keys in another order than rendered objects.
        let value = serde_json::to_value(&spec).unwrap();
        let mut sorted = String::new();
        write_sorted(&value, &[], &mut sorted);
        let reversed = reversed(&value);
        let read: DataflowSpec = serde_json::from_str(&reversed).unwrap();
        prop_assert_eq!(revision(&read, &code("x")), revision(&spec, &code("x")));
    }

    #[test]
    fn every_visible_change_gives_a_new_revision(spec in any_spec(), other in any_spec()) {
        let visible = |spec: &DataflowSpec| {
            let mut spec = spec.without_defaults();
            spec.processes_count = None;
            spec.suspend = None;
            spec.config_map_name = None;
            if let Some(recovery) = &mut spec.recovery {
                recovery.persistence = None;
            }
            spec.without_defaults()
        };
        let same = visible(&spec) == visible(&other);
        prop_assert_eq!(revision(&spec, &code("x")) == revision(&other, &code("x")), same);
        prop_assert_ne!(revision(&spec, &code("x")), revision(&spec, &code("y")));
    }

    #[test]
    fn one_changed_field_gives_a_new_revision(spec in any_spec(), field in 0..strategy::CHANGES.len()) {
        let mut changed = spec.clone();
        strategy::CHANGES[field](&mut changed);
        prop_assert_ne!(revision(&changed, &code("x")), revision(&spec, &code("x")));
    }
}

/// Returns JSON with the keys of every map in reverse order.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}:{}", Value::String(key.clone()), reversed(value)))
                .collect();
            fields.sort();
            fields.reverse();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            format!(
                "[{}]",
                items.iter().map(reversed).collect::<Vec<_>>().join(",")
            )
        }
        scalar => scalar.to_string(),
    }
}
