//! The record of steps in a dataflow.yaml that people maintain by hand.

use dataflow::code::Code;
use dataflow::steps::Shape;

use super::*;

const OWN: &str = "# of the shop
apiVersion: bytewax.io/v1alpha1
kind: Dataflow
metadata:
  name: sums # a name
spec:
  image:
    tag: \"0.21.1\"
  pythonFileName: sums.py
  recovery: {enabled: true}
";

fn flow(text: &str, code: &str) -> Rendered {
    let mut files = Code::new();
    files.insert("sums.py", code).unwrap();
    Rendered {
        dataflow: dataflow::yaml::from_str(text).unwrap(),
        code: files,
    }
}

fn with_record(mut flow: Rendered, step: &str) -> Rendered {
    let shape = Shape {
        flow: "sums".to_owned(),
        stateful: vec![step.to_owned()],
        ..Shape::default()
    };
    assert!(loss::record(&mut flow, Some(&shape)));
    flow
}

/// Returns the dataflow.yaml of a commit over the text in git.
fn committed(in_git: Option<&str>, own: Option<&str>, new: &Rendered) -> String {
    let files = in_git.map(|text| BTreeMap::from([(layout::DATAFLOW.to_owned(), text.into())]));
    let old = in_git.map(|text| flow(text, "x = 1\n"));
    let files = Files {
        folder: "apps/prod/sums",
        old: old.as_ref().zip(files.as_ref()),
        new,
        own_text: own,
        reset: false,
    };
    let changes = files.changes().unwrap();
    let change = changes
        .iter()
        .find(|change| change.path.ends_with(layout::DATAFLOW));
    let new = change.map(|change| change.new.clone().unwrap());
    new.map_or_else(String::new, |text| String::from_utf8(text).unwrap())
}

#[test]
fn record_is_written_into_the_users_text() {
    let new = with_record(flow(OWN, "x = 1\n"), "sums.in");
    let first = committed(None, Some(OWN), &new);
    let (before, after) = first
        .split_once("  annotations:\n    bytewax.io/steps: ")
        .unwrap();
    let (record, after) = after.split_once('\n').unwrap();
    assert!(record.contains("sums.in"), "{first}");
    assert_eq!(format!("{before}{after}"), OWN);
    assert_eq!(flow(&first, "x = 1\n"), new);
    // The user's source has no record; the one in git is not taken away and written again.
    assert_eq!(committed(Some(&first), Some(OWN), &new), "");
    let changed = with_record(flow(OWN, "x = 2\n"), "sums.input");
    let second = committed(Some(&first), Some(OWN), &changed);
    assert!(
        second.contains("# of the shop") && second.contains("sums.input"),
        "{second}"
    );
    // Without the user's text, the one in git is edited.
    let third = committed(Some(&second), None, &new);
    assert_eq!(third, first);
    let removed = committed(Some(&first), None, &flow(OWN, "x = 1\n"));
    assert_eq!(removed, OWN);
}

#[test]
fn text_without_place_for_record_keeps_form() {
    let flowing = OWN.replace(
        "metadata:\n  name: sums # a name\n",
        "metadata: {name: sums}\n",
    );
    let new = with_record(flow(&flowing, "x = 1\n"), "sums.in");
    assert_eq!(committed(None, Some(&flowing), &new), flowing);
    let mut scaled = new;
    scaled.dataflow.spec.processes_count = Some(2);
    let edited = committed(Some(&flowing), None, &scaled);
    assert!(edited.contains("metadata: {name: sums}\n"), "{edited}");
    assert!(edited.contains("  processesCount: 2\n"), "{edited}");
}
