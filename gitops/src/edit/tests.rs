use proptest::prelude::*;
use serde_json::json;

use super::*;

const HAND_WRITTEN: &str = "\
# Owned by the orders team.
apiVersion: bytewax.io/v1alpha1
kind: Dataflow
metadata:
  name: orders   # must match the folder

spec:
    image:
        tag: '0.21.1'  # pinned
    pythonFileName: \"orders.py\"
    processesCount: 2 # two are enough
    env:
    # verbose while we look for the leak
    - name: LOG_LEVEL
      value: debug
    -   name: TOPIC   # shared
        value: \"orders\"

    chartValues: |
        # keep
        resources: {}
    configMapName: orders-source
# the end
";

fn value(text: &str) -> Value {
    read::<Value>(text).unwrap()
}

fn edited(text: &str, change: impl FnOnce(&mut Value)) -> Result<String, EditError> {
    let mut wanted = value(text);
    change(&mut wanted);
    edit(text, &wanted)
}

fn report(text: &str, change: impl FnOnce(&mut Value)) -> String {
    match edited(text, change) {
        Ok(new) => similar::TextDiff::from_lines(text, new.as_str())
            .unified_diff()
            .context_radius(0)
            .to_string(),
        Err(error) => format!("error: {error}\n"),
    }
}

/// One change to a document.
type Edit = fn(&mut Value);

#[test]
fn edit_of_one_value_changes_one_line() {
    let cases: [(&str, Edit); 11] = [
        ("a number with a comment", |v| {
            v["spec"]["processesCount"] = json!(3);
        }),
        ("single quotes stay", |v| {
            v["spec"]["image"]["tag"] = json!("0.22's");
        }),
        ("double quotes stay", |v| {
            v["spec"]["pythonFileName"] = json!("a\"b.py");
        }),
        ("an item of a list", |v| {
            v["spec"]["env"][0]["value"] = json!("info");
        }),
        ("a new key", |v| v["spec"]["suspend"] = json!(true)),
        ("a new nested mapping", |v| {
            v["spec"]["recovery"] = json!({"enabled": true, "singleVolume": false});
        }),
        ("a new item", |v| {
            v["spec"]["env"]
                .as_array_mut()
                .unwrap()
                .push(json!({"name": "YES", "value": "on"}));
        }),
        ("a removed item", |v| {
            drop(v["spec"]["env"].as_array_mut().unwrap().remove(0));
        }),
        ("a removed key", |v| {
            drop(v["spec"].as_object_mut().unwrap().remove("processesCount"));
        }),
        ("a block of text", |v| {
            v["spec"]["chartValues"] = json!("# keep\nresources:\n  cpu: 1\n");
        }),
        ("a removed list", |v| {
            drop(v["spec"].as_object_mut().unwrap().remove("env"));
        }),
    ];
    let reports: String = cases
        .iter()
        .map(|(what, change)| format!("=== {what}\n{}", report(HAND_WRITTEN, change)))
        .collect();
    insta::assert_snapshot!(reports);
}

#[test]
fn edit_keeps_line_ends_and_missing_newline() {
    let windows = HAND_WRITTEN.replace('\n', "\r\n");
    let new = edited(&windows, |v| v["spec"]["suspend"] = json!(true)).unwrap();
    assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
    assert_eq!(new.lines().count(), windows.lines().count() + 1);

    let unended = "kind: Dataflow\nspec:\n  tag: a";
    assert_eq!(
        edited(unended, |v| v["spec"]["tag"] = json!("b")).unwrap(),
        "kind: Dataflow\nspec:\n  tag: b"
    );
    let new = edited(unended, |v| v["spec"]["workers"] = json!(2)).unwrap();
    assert_eq!(new, "kind: Dataflow\nspec:\n  tag: a\n  workers: 2");
}

#[test]
fn edit_of_unsupported_form_is_refused() {
    let cases: [(&str, &str, Edit); 5] = [
        (
            "a value in a flow mapping",
            "spec: {tag: a, size: 1}\n",
            |v| v["spec"]["tag"] = json!("b"),
        ),
        ("an anchor", "a: &x one\nb: *x\n", |v| v["b"] = json!("two")),
        ("a list of plain values", "spec:\n  list: [1, 2]\n", |v| {
            v["spec"]["list"] = json!([1]);
        }),
        (
            "the first key of an item",
            "env:\n- value: x\n  name: A\n",
            |v| {
                drop(v["env"][0].as_object_mut().unwrap().remove("value"));
            },
        ),
        ("two documents", "a: 1\n---\na: 2\n", |v| v["a"] = json!(3)),
    ];
    let reports: String = cases
        .iter()
        .map(|(what, text, change)| {
            let report = std::panic::catch_unwind(|| report(text, change));
            format!(
                "=== {what}\n{}",
                report.unwrap_or_else(|_| "error: not readable\n".into())
            )
        })
        .collect();
    insta::assert_snapshot!(reports);
}

#[test]
fn merge_applies_both_sides_and_names_conflicts() {
    let base = json!({"a": 1, "b": 1, "env": [{"name": "X", "value": "1"}], "gone": 1});
    let ours =
        json!({"a": 2, "b": 1, "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]});
    let theirs = json!({"a": 1, "b": 3, "env": [{"name": "X", "value": "9"}], "gone": 1});
    let (merged, conflicts) = merge(&base, &ours, &theirs);
    let want =
        json!({"a": 2, "b": 3, "env": [{"name": "X", "value": "9"}, {"name": "Y", "value": "2"}]});
    assert_eq!((merged, conflicts), (want, vec![]));

    let clash = json!({"a": 5, "b": 1, "env": [{"name": "X", "value": "1"}], "gone": 1});
    let conflict = &merge(&base, &ours, &clash).1[0];
    assert_eq!(conflict.path, "a");
    assert_eq!(
        (&conflict.ours, &conflict.theirs),
        (&Some(json!(2)), &Some(json!(5)))
    );
}

proptest! {
    #[test]
    fn edit_sets_values_and_keeps_comments(
        processes in 1_i32..99, tag in "\\PC{1,20}", level in "[ -~]{0,20}", suspend in any::<bool>()
    ) {
        let result = edited(HAND_WRITTEN, |v| {
            v["spec"]["processesCount"] = json!(processes);
            v["spec"]["image"]["tag"] = json!(tag);
            v["spec"]["env"][0]["value"] = json!(level);
            v["spec"]["suspend"] = json!(suspend);
        });
        let new = result.unwrap();
        prop_assert_eq!(&value(&new)["spec"]["image"]["tag"], &json!(tag));
        for comment in HAND_WRITTEN.lines().filter_map(|line| line.split_once(" # ")) {
            prop_assert!(new.contains(comment.1));
        }
    }
}
