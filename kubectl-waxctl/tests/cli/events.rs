//! Tests `df events`.

use serde_json::{Value, json};

use crate::api::Api;
use crate::get::{cluster, run_and_record};

const EVENTS: &str = "/api/v1/namespaces/shop/events";

fn put(api: &Api, name: &str, about: (&str, &str), kind: &str, time: &str) {
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": "shop"},
        "involvedObject": {"kind": about.0, "name": about.1},
        "type": kind, "reason": "Told", "message": format!("event {name}"),
        "lastTimestamp": time,
    });
    api.put(&format!("{EVENTS}/{name}"), event);
}

#[test]
fn events_of_flow_are_sorted_and_filtered() {
    let api = cluster();
    let mut text = String::new();
    run_and_record(&api, &["df", "events", "orders"], &mut text);
    run_and_record(&api, &["df", "events", "order"], &mut text);
    // An age of years, so that the text is the same each time.
    put(
        &api,
        "a",
        ("Pod", "orders-0"),
        "Warning",
        "2099-01-01T00:00:03Z",
    );
    put(
        &api,
        "b",
        ("Dataflow", "orders"),
        "Normal",
        "2099-01-01T00:00:01Z",
    );
    put(
        &api,
        "c",
        ("Dataflow", "hello"),
        "Normal",
        "2099-01-01T00:00:02Z",
    );
    put(
        &api,
        "d",
        ("Pod", "gone-0"),
        "Normal",
        "2099-01-01T00:00:02Z",
    );
    for flags in [
        &["orders"][..],
        &["orders", "--types", "warning", "--no-headers"],
        &["orders", "-o", "name"],
        &["gone"],
    ] {
        run_and_record(&api, &[&["df", "events"], flags].concat(), &mut text);
    }
    api.deny("list", "events");
    run_and_record(&api, &["df", "events", "orders"], &mut text);
    insta::assert_snapshot!(text);
}

#[test]
fn events_are_one_list_in_json() {
    let api = cluster();
    put(
        &api,
        "a",
        ("Pod", "orders-0"),
        "Normal",
        "2026-01-01T00:00:00Z",
    );
    let mut text = String::new();
    run_and_record(&api, &["df", "events", "orders", "-o", "json"], &mut text);
    let json = text.split("--- stdout\n").nth(1).unwrap();
    let json = json.split("--- stderr").next().unwrap();
    let list: Value = serde_json::from_str(json).unwrap();
    assert_eq!(list["items"][0]["message"], "event a");
}
