use dataflow::code::Code;
use dataflow::spec::EnvVar;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::diff::{State, compare};
use crate::merge::merge;

fn flow(code: &str) -> Rendered {
    let spec = json!({
        "image": {"tag": "0.21.1-python3.11"}, "pythonFileName": "sums.py",
        "configMapName": "sums-source", "recovery": {"enabled": true},
    });
    let mut files = Code::new();
    if !code.is_empty() {
        files.insert("sums.py", code).unwrap();
    }
    Rendered {
        dataflow: Dataflow::new("sums", serde_json::from_value(spec).unwrap()),
        code: files,
    }
}

fn shape(steps: &[&str]) -> Shape {
    Shape {
        flow: "sums".to_owned(),
        stateful: steps.iter().map(|step| (*step).to_owned()).collect(),
        ..Shape::default()
    }
}

fn recorded_flow(code: &str, steps: &[&str]) -> Rendered {
    let mut flow = flow(code);
    assert!(record(&mut flow, Some(&shape(steps))));
    flow
}

fn action(kind: &str, steps: &[&str]) -> Option<RecoveryAction> {
    let action = json!({"type": kind, "steps": steps, "expect": {"storeId": "a"}});
    Some(serde_json::from_value(action).unwrap())
}

#[test]
fn record_is_set_and_removed_beside_other_annotations() {
    let mut flow = flow("x = 1\n");
    assert_eq!(recorded(&flow), Err(NoRecord::Absent));
    let team = BTreeMap::from([("team".to_owned(), "a".to_owned())]);
    flow.dataflow.metadata.annotations = Some(team.clone());
    assert!(record(&mut flow, Some(&shape(&["sums.in"]))));
    assert_eq!(recorded(&flow), Ok(shape(&["sums.in"])));
    assert!(record(&mut flow, None));
    assert_eq!(flow.dataflow.metadata.annotations, Some(team));
}

#[test]
fn record_of_edited_code_counts_as_absent() {
    let mut flow = recorded_flow("x = 1\n", &["sums.in"]);
    flow.code.insert("sums.py", "x = 2\n").unwrap();
    let refused = NoRecord::Unusable(StepRecordError::OtherContent);
    assert_eq!(recorded(&flow), Err(refused));
}

#[test]
fn record_is_neither_change_nor_conflict() {
    let (base, one, other) = (
        recorded_flow("x = 1\n", &["sums.in"]),
        recorded_flow("x = 1\n", &["sums.one"]),
        flow("x = 1\n"),
    );
    assert_eq!(compare(Some(&base), &one, String::new()).state, State::Same);
    assert_eq!(
        compare(Some(&base), &other, String::new()).state,
        State::Same
    );
    let merged = merge(&base, &one, &other, "apps/prod/sums").unwrap();
    assert_eq!(merged.flow, flow("x = 1\n"));
}

#[rstest]
#[case::nothing(|_: &mut Rendered| (), false)]
#[case::size(|new: &mut Rendered| new.dataflow.spec.processes_count = Some(2), false)]
#[case::code(|new: &mut Rendered| new.code.insert("sums.py", "x = 2\n").unwrap(), true)]
#[case::entry_point(|new: &mut Rendered| new.dataflow.spec.python_file_name.push_str(":other"), true)]
#[case::engine(|new: &mut Rendered| new.dataflow.spec.image.tag = "0.22.0".to_owned(), true)]
#[case::same_engine(|new: &mut Rendered| new.dataflow.spec.image.tag = "0.21.1-other".to_owned(), false)]
#[case::no_recovery(|new: &mut Rendered| {
    new.code.insert("sums.py", "x = 2\n").unwrap();
    new.dataflow.spec.recovery = None;
}, false)]
#[case::reset(|new: &mut Rendered| {
    new.code.insert("sums.py", "x = 2\n").unwrap();
    new.dataflow.spec.recovery.as_mut().unwrap().action = action("Reset", &[]);
}, false)]
fn change_of_the_content_needs_a_check(#[case] change: fn(&mut Rendered), #[case] needed: bool) {
    let (old, mut new) = (flow("x = 1\n"), flow("x = 1\n"));
    change(&mut new);
    assert_eq!(needs_check(&old, &new), needed);
}

#[test]
fn code_of_another_place_changes_with_the_image() {
    let (old, mut new) = (flow(""), flow(""));
    assert!(!needs_check(&old, &new));
    new.dataflow.spec.image.tag = "0.21.1-second".to_owned();
    assert!(needs_check(&old, &new));
}

#[rstest]
#[case::nothing(|_: &mut DataflowSpec| (), false)]
#[case::image(|spec: &mut DataflowSpec| spec.image.tag = "0.21.1-second".to_owned(), true)]
#[case::repository(|spec: &mut DataflowSpec| spec.image.repository = Some("flows".to_owned()), true)]
#[case::module(|spec: &mut DataflowSpec| spec.python_file_name = "shop.other".to_owned(), true)]
#[case::out_of_image(|spec: &mut DataflowSpec| spec.code_in_image = None, true)]
#[case::size(|spec: &mut DataflowSpec| spec.processes_count = Some(2), false)]
#[case::variable(|spec: &mut DataflowSpec| spec.env.push(EnvVar { name: "A".into(), value: "1".into() }), false)]
#[case::no_recovery(|spec: &mut DataflowSpec| {
    spec.image.tag = "0.21.1-second".to_owned();
    spec.recovery = None;
}, false)]
#[case::reset(|spec: &mut DataflowSpec| {
    spec.image.tag = "0.21.1-second".to_owned();
    spec.recovery.as_mut().unwrap().action = action("Reset", &[]);
}, false)]
fn code_in_image_needs_check_with_image(
    #[case] change: fn(&mut DataflowSpec),
    #[case] needed: bool,
) {
    let mut old = flow("");
    let spec = &mut old.dataflow.spec;
    (spec.code_in_image, spec.config_map_name) = (Some(true), None);
    let mut new = old.clone();
    change(&mut new.dataflow.spec);
    assert_eq!(needs_check(&old, &new), needed);
    assert_eq!(recorded(&old), Err(NoRecord::InImage));
}

#[test]
fn only_a_new_action_accepts_losses() {
    let (mut old, mut new) = (flow("x = 1\n"), flow("x = 2\n"));
    let lost = |old: &Rendered, new: &Rendered| {
        losses(old, shape(&["sums.a", "sums.b"]), new, shape(&["sums.b"])).len()
    };
    assert_eq!(lost(&old, &new), 1);
    let recovery = |flow: &mut Rendered, action| {
        flow.dataflow.spec.recovery.as_mut().unwrap().action = action;
    };
    recovery(&mut new, action("DropSteps", &["sums.a"]));
    assert_eq!(lost(&old, &new), 0);
    recovery(&mut new, action("Reset", &[]));
    assert_eq!(lost(&old, &new), 0);
    // An action that the old version has was carried out before.
    recovery(&mut old, action("Reset", &[]));
    assert_eq!(lost(&old, &new), 1);
    assert!(needs_check(&old, &new));
}
