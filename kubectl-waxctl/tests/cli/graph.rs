//! Tests `df graph`: the steps of a running flow, as its engine describes them, and those of the user's own file.
//!
//! The Python on the PATH is a script that prints a description. `tests/tests/laptop` does the same with real Bytewax.

use std::process::Command;

use serde_json::{Value, json};

use crate::environment::{Environment, Finished, executable};
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

/// Runs `df graph` beside a file `orders.py`, with a Python that describes it so.
fn run_on_source(environment: &Environment, description: &Value, args: &[&str]) -> Finished {
    let flow = json!({"v": 1, "flow": "orders", "stateful": ["orders.inp"], "engine": "0.21.1"});
    let report = json!({"outcome": "described", "flow": flow, "graph": description});
    environment.write("report.json", &report.to_string());
    let report = environment.work().join("report.json");
    let python = format!(
        "#!/bin/sh\ncase $1 in -c) exit 0 ;; esac\ntest \"$2\" = describe && cat {} >\"$3\"\n",
        report.display()
    );
    environment.write_program("bin/python", &python);
    environment.write("orders.py", crate::environment::HELLO);
    let bin = environment.work().join("bin").display().to_string();
    let path = format!("PATH={bin}:{}", std::env::var("PATH").unwrap());
    let mut command = Command::new("env");
    command.arg(path).arg(executable()).args(["df", "graph"]);
    environment.finish(command.args(args))
}

#[test]
fn graph_of_source_is_compared_with_cluster() {
    let api = cluster();
    let environment = Environment::new();
    let place = ["-n", "shop", "--server", api.address()];
    let live = ["orders.py", "--name", "orders", "--diff", "--live"];
    let run = |args: &[&str]| run_on_source(&environment, &description(), args);
    let shown = run(&["orders.py", "-o", "mermaid"]);
    let unknown = run(&[&live[..], &place].concat());
    let mut running = description();
    running["substeps"][1]["op_type"] = "inspect".into();
    api.put(DESCRIPTION, running);
    let differs = run(&[&live[..], &place].concat());
    let name = run(&["orders", "--diff"]);
    let missing = run(&["order.py"]);
    let nameless = run(&["orders.py", "--diff", "--live"]);
    let texts = [shown, unknown, differs, name, missing, nameless].map(|done| done.to_string());
    insta::assert_snapshot!(texts.join("\n"));
}
