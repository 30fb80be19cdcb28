use dataflow::steps::Shape;
use serde_json::{Value, json};

use super::*;

fn port(id: &str, from: &[&str]) -> Value {
    let name = id.rsplit('.').next().unwrap();
    json!({"port_name": name, "port_id": id, "from_port_ids": from, "from_stream_ids": []})
}

fn step(name: &str, operator: &str, inputs: &[Value], outputs: &[Value]) -> Value {
    json!({
        "op_type": operator, "step_name": name, "step_id": format!("orders.{name}"),
        "inp_ports": inputs, "out_ports": outputs, "substeps": [],
    })
}

/// Returns a flow that splits a stream, and joins it again.
fn flow() -> Graph {
    let steps = json!([
        step("inp", "input", &[], &[port("orders.inp.down", &[])]),
        step(
            "big ones",
            "branch",
            &[port("orders.big ones.up", &["orders.inp.down"])],
            &[
                port("orders.big ones.trues", &[]),
                port("orders.big ones.falses", &[])
            ],
        ),
        step(
            "join",
            "merge",
            &[port(
                "orders.join.ups",
                &["orders.big ones.trues", "orders.big ones.falses"]
            )],
            &[port("orders.join.down", &[])],
        ),
        step(
            "say \"hi\"",
            "output",
            &[port("orders.out.up", &["orders.join.down"])],
            &[]
        ),
    ]);
    Graph::read(&json!({"flow_id": "orders", "substeps": steps})).unwrap()
}

#[test]
fn graph_has_every_format() {
    let formats = [Format::Text, Format::Mermaid, Format::Dot, Format::Json];
    let texts = formats.map(|format| format!("{format:?}\n{}", flow().text(format)));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn saved_graph_is_read_back() {
    let saved: Graph = serde_json::from_str(&flow().text(Format::Json)).unwrap();
    assert_eq!(saved, flow());
}

#[test]
fn differences_of_steps_are_named() {
    let old = flow();
    let mut new = flow();
    new.steps[1].operator = "filter".to_owned();
    new.steps[2].inputs.pop();
    new.steps[3].name = "out".to_owned();
    assert_eq!(compare(&old, &old), Vec::<String>::new());
    insta::assert_snapshot!(compare(&old, &new).join("\n"));
}

#[test]
fn differences_of_stateful_steps_are_named() {
    let shape = |flow: &str, steps: &[&str]| Shape {
        flow: flow.to_owned(),
        stateful: steps.iter().map(|step| format!("{flow}.{step}")).collect(),
        engine: Some("0.18.0".to_owned()),
        ..Shape::default()
    };
    let old = shape("orders", &["inp", "sum.stateful_batch", "out"]);
    let new = Shape {
        engine: Some("0.21.1".to_owned()),
        ..shape("orders", &["inp", "total.stateful_batch"])
    };
    assert_eq!(compare_stateful(&old, &old), Vec::<String>::new());
    let renamed = compare_stateful(&old, &shape("shop", &["inp"]));
    let lines = [compare_stateful(&old, &new), renamed].concat();
    insta::assert_snapshot!(lines.join("\n"), @"
    + orders.total.stateful_batch
    - orders.out (removed)
    - orders.sum.stateful_batch (removed, and orders.total.stateful_batch was added)
    ~ flow orders is now shop
    + shop.inp
    - orders.inp (its id begins with the name of the dataflow, which is now shop)
    - orders.out (its id begins with the name of the dataflow, which is now shop)
    - orders.sum.stateful_batch (its id begins with the name of the dataflow, which is now shop)
    ");
}

#[test]
fn other_value_is_no_graph() {
    assert!(Graph::read(&json!({})).is_err());
    assert!(Graph::read(&json!("text")).is_err());
}
