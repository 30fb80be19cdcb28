//! Tests `df graph`: the steps of a running flow, as its engine describes them.

use serde_json::{Value, json};

use crate::environment::{Environment, Finished};
use crate::get::cluster;

const DESCRIPTION: &str = "/api/v1/namespaces/shop/pods/orders-0:3030/proxy/dataflow";

fn description() -> Value {
    let port = |id: &str, from: &[&str]| json!({"port_name": id, "port_id": id, "from_port_ids": from, "from_stream_ids": []});
    let step = |name: &str, operator: &str, inputs: &[Value], outputs: &[Value]| {
        json!({
            "op_type": operator, "step_name": name, "step_id": format!("orders.{name}"),
            "inp_ports": inputs, "out_ports": outputs, "substeps": [],
        })
    };
    json!({"flow_id": "orders", "substeps": [
        step("inp", "input", &[], &[port("a", &[])]),
        step("out", "output", &[port("b", &["a"])], &[]),
    ]})
}

#[test]
fn graph_is_read_from_running_engine() {
    let api = cluster();
    let environment = Environment::new();
    let run = |args: &[&str]| -> Finished {
        let place = ["-n", "shop", "--server", api.address()];
        environment.run(&[&["df", "graph", "orders"], args, &place].concat())
    };
    let before = run(&[]);
    api.put(DESCRIPTION, description());
    let shown = run(&[]);
    environment.write("saved.json", &run(&["-o", "json"]).stdout);
    let same = run(&["--against", "saved.json"]);
    let mut changed = description();
    changed["substeps"][1]["step_name"] = "sink".into();
    api.put(DESCRIPTION, changed);
    let differs = run(&["--against", "saved.json"]);
    environment.write("broken.json", "{}");
    let broken = run(&["--against", "broken.json"]);
    let texts = [before, shown, same, differs, broken].map(|finished| finished.to_string());
    insta::assert_snapshot!(texts.join("\n"));
}
