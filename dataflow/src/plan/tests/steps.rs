//! The record of steps on the ControllerRevision.

use super::*;
use crate::step_record;
use crate::steps::Shape;

fn shape() -> Shape {
    Shape {
        flow: "orders".to_owned(),
        stateful: vec!["orders.in".to_owned()],
        ..Shape::default()
    }
}

#[test]
fn steps_change_neither_revision_nor_record() {
    let spec: DataflowSpec = yaml::from_str(KEEPS_STATE).unwrap();
    let mut code = Code::new();
    code.insert("simple.py", "flow = 1\n").unwrap();
    let text = step_record::write(&shape(), &spec, &code.hash());
    let record = RevisionRecord::new(
        spec.clone(),
        code.hash(),
        Agent::current("example/waxrun:1"),
    );
    let name = "orders".parse().unwrap();
    let object =
        |steps: Option<&String>| revision_record(&name, &record, 1, steps, "default", None);
    let (without, mut with) = (object(None), object(text.as_ref()));
    assert_eq!(record.steps(&without), None);
    assert_eq!(record.steps(&with), Some(shape()));
    with.metadata.annotations = None;
    assert_eq!(with, without);
}

#[test]
fn steps_of_other_code_are_not_kept() {
    let spec: DataflowSpec = yaml::from_str(KEEPS_STATE).unwrap();
    let mut code = Code::new();
    code.insert("simple.py", "flow = 1\n").unwrap();
    let text = step_record::write(&shape(), &spec, &code.hash());
    code.insert("simple.py", "flow = 2\n").unwrap();
    let record = RevisionRecord::new(spec, code.hash(), Agent::current("example/waxrun:1"));
    let name = "orders".parse().unwrap();
    let object = revision_record(&name, &record, 1, text.as_ref(), "default", None);
    assert_eq!(object.metadata.annotations, None);
}
