use dataflow::spec::{Dataflow, DataflowSpec, EnvVar, ImageSpec};

use super::*;
use crate::ownership::KeptField;

fn flow(edit: impl FnOnce(&mut Dataflow), code: &[(&str, &str)]) -> Rendered {
    let mut dataflow = Dataflow::new(
        "hello",
        DataflowSpec {
            image: ImageSpec {
                tag: "1".to_owned(),
                ..ImageSpec::default()
            },
            python_file_name: "hello.py".to_owned(),
            config_map_name: Some("hello-source".to_owned()),
            env: vec![EnvVar {
                name: "LEVEL".to_owned(),
                value: "info".to_owned(),
            }],
            ..DataflowSpec::default()
        },
    );
    edit(&mut dataflow);
    let mut files = Code::new();
    for (key, text) in code {
        files.insert(*key, *text).unwrap();
    }
    Rendered {
        dataflow,
        code: files,
    }
}

const CODE: &[(&str, &str)] = &[("hello.py", "a = 1\nb = 2\n")];

fn texts(diff: &FlowDiff) -> String {
    report(diff)
        .into_iter()
        .map(|line| line.text + "\n")
        .collect()
}

#[test]
fn equal_flows_have_no_changes() {
    let flow = flow(|_| (), CODE);
    let diff = compare(Some(&flow), &flow, "apps/prod/hello at HEAD".to_owned());
    assert_eq!(diff.state, State::Same);
    insta::assert_snapshot!(texts(&diff), @"hello: no changes against apps/prod/hello at HEAD");
}

#[test]
fn written_out_default_is_not_a_change() {
    let old = flow(|_| (), CODE);
    let new = flow(|dataflow| dataflow.spec.processes_count = Some(1), CODE);
    assert_eq!(compare(Some(&old), &new, String::new()).state, State::Same);
}

#[test]
fn changes_are_listed_with_their_cost() {
    let old = flow(
        |dataflow| dataflow.metadata.namespace = Some("prod".to_owned()),
        CODE,
    );
    let new = flow(
        |dataflow| {
            dataflow.metadata.labels = Some([("team".to_owned(), "a".to_owned())].into());
            dataflow.spec.image.tag = "2".to_owned();
            dataflow.spec.env[0].value = "debug".to_owned();
            let token = EnvVar {
                name: "TOKEN".to_owned(),
                value: "x".to_owned(),
            };
            dataflow.spec.env.push(token);
            dataflow.spec.chart_values = Some("extraLabels:\n  a: b\n".to_owned());
        },
        &[("hello.py", "a = 1\nb = 3\n"), ("pkg..mod.py", "c = 4\n")],
    );
    let diff = compare(Some(&old), &new, "apps/prod/hello at HEAD".to_owned());
    insta::assert_snapshot!(texts(&diff));
    insta::assert_json_snapshot!(diff);
}

#[test]
fn new_flow_lists_every_field() {
    let diff = compare(None, &flow(|_| (), CODE), "namespace prod".to_owned());
    assert_eq!(diff.state, State::Added);
    insta::assert_snapshot!(texts(&diff));
}

#[test]
fn changed_namespace_loses_the_state() {
    let namespace = |name: &str| {
        let name = name.to_owned();
        flow(|dataflow| dataflow.metadata.namespace = Some(name), CODE)
    };
    let diff = compare(Some(&namespace("a")), &namespace("b"), String::new());
    assert_eq!(diff.cost, Cost::StateLost);
}

#[test]
fn kept_field_is_listed_with_its_owner() {
    let mut diff = compare(
        Some(&flow(|_| (), CODE)),
        &flow(|_| (), CODE),
        "x".to_owned(),
    );
    diff.stays.push(KeptField {
        path: "spec.suspend".to_owned(),
        value: "true".to_owned(),
        owner: "kubectl-edit".to_owned(),
    });
    insta::assert_snapshot!(texts(&diff), @r"
    hello: no changes against x
      spec.suspend: true stays, owned by kubectl-edit
    ");
}
