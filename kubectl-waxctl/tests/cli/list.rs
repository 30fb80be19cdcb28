//! Tests `df list`: its columns, with the reports of the processes read through the API server, its other formats, and
//! what it shows of objects that other releases and controllers leave behind.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use process_group::Program;
use serde_json::{Value, json};

use crate::api::Api;
use crate::environment::executable;
use crate::get::{FLOWS, cluster, run_and_record};

#[test]
fn wide_list_shows_process_reports() {
    let api = cluster();
    let stateless = json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {"name": "plain", "namespace": "shop"},
        "spec": {"image": {"tag": "0.21.1-python3.11"}, "pythonFileName": "plain.py"},
    });
    api.put(
        "/apis/bytewax.io/v1alpha1/namespaces/shop/dataflows/plain",
        stateless,
    );
    let mut text = String::new();
    run_and_record(&api, &["df", "list", "-o", "wide"], &mut text);
    api.deny("get", "pods/proxy");
    run_and_record(&api, &["df", "list", "-o", "wide"], &mut text);
    api.deny("list", "pods");
    run_and_record(&api, &["df", "list", "-o", "wide"], &mut text);
    run_and_record(&api, &["df", "list"], &mut text);
    insta::assert_snapshot!(text);
}

/// Returns a cluster with a readable flow and flows that are odd in one way each.
fn odd_objects() -> Api {
    let api = Api::start();
    let good = json!({"image": {"tag": "0.21.1-python3.11"}, "pythonFileName": "a.py"});
    let mut count = good.clone();
    count["processesCount"] = "2".into();
    let mut no_tag = good.clone();
    no_tag["image"] = json!({"repository": "bytewax/bytewax"});
    let flows = [
        ("bad-labels", json!({"labels": 7}), good.clone()),
        ("count", json!({}), count),
        (
            "deleting",
            json!({"deletionTimestamp": "2026-01-02T00:00:00Z", "finalizers": ["example.com/stuck"]}),
            good.clone(),
        ),
        (
            "future",
            json!({"creationTimestamp": "2099-01-01T00:00:00Z"}),
            good.clone(),
        ),
        (
            "good",
            json!({"labels": {"team": "data", "app.kubernetes.io/part-of": "shop"}}),
            good,
        ),
        ("no-image", json!({}), json!({"pythonFileName": "a.py"})),
        ("no-tag", json!({}), no_tag),
        ("nothing", json!({}), json!(null)),
    ];
    for (name, metadata, spec) in flows {
        let mut flow = json!({
            "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
            "metadata": metadata, "spec": spec, "status": null,
        });
        flow["metadata"]["name"] = name.into();
        flow["metadata"]["namespace"] = "shop".into();
        api.put(&format!("{FLOWS}/{name}"), flow);
    }
    api.put(&format!("{FLOWS}/text"), json!("not an object"));
    api
}

#[test]
fn odd_objects_hide_no_other_object() {
    let api = odd_objects();
    let mut text = String::new();
    run_and_record(&api, &["df", "list"], &mut text);
    run_and_record(&api, &["df", "get", "deleting"], &mut text);
    insta::assert_snapshot!(text);
}

#[test]
fn table_flags_add_columns_and_sort() {
    let api = odd_objects();
    let mut text = String::new();
    for flags in [
        &[
            "-l",
            "team=data",
            "--show-labels",
            "-L",
            "team,app.kubernetes.io/part-of",
        ][..],
        &["-l", "team=data", "--show-kind", "--no-headers"],
        &["-l", "team=none"],
        &["-l", "team=none", "--ignore-not-found"],
        &["-o", "name", "--sort-by", "metadata.creationTimestamp"],
        &["--sort-by", ".none"],
        &["--sort-by", "{.a}{.b}"],
        &["-o", "json", "--show-labels"],
        &["--output-watch-events"],
    ] {
        run_and_record(&api, &[&["df", "list"], flags].concat(), &mut text);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn formats_without_or_with_wrong_template() {
    let api = cluster();
    let mut text = String::new();
    for format in [
        "xml",
        "go-template={{.metadata.name}}",
        "go-template-file=x",
        "jsonpath",
        "jsonpath={.metadata",
        "jsonpath-file=missing",
        "custom-columns=NAME",
        "custom-columns=",
    ] {
        run_and_record(&api, &["df", "list", "-o", format], &mut text);
    }
    insta::assert_snapshot!(text);
}

/// Watches while the flow `orders` changes twice in the same way and is deleted, and while `last` is created. Returns
/// everything that is printed.
fn watched(flags: &[&str]) -> String {
    let path = format!("{FLOWS}/orders");
    let api = cluster();
    api.change(&path, |flow| {
        flow["metadata"]["resourceVersion"] = "7".into();
    });
    let mut command = Command::new(executable());
    command
        .args(["df", "list", "-n", "shop", "--server", api.address()])
        .args(flags)
        .env_clear()
        .stdout(Stdio::piped());
    let mut program = Program::start(&mut command).unwrap();
    let mut lines = BufReader::new(program.child().stdout.take().unwrap()).lines();
    api.wait_for_watches(1);
    for version in ["8", "9"] {
        api.change(&path, |flow| {
            flow["metadata"]["resourceVersion"] = version.into();
            flow["status"]["processes"]["ready"] = 0.into();
        });
    }
    api.remove(&path);
    let last = json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {"name": "last", "namespace": "shop", "resourceVersion": "10"},
        "spec": {"image": {"tag": "1"}, "pythonFileName": "last.py"},
    });
    api.change(&format!("{FLOWS}/last"), |flow| *flow = last);
    let mut text = String::new();
    while !text.contains("last") {
        text += &(lines.next().expect("it ended").unwrap() + "\n");
    }
    program.interrupt().unwrap();
    // What follows up to the end of the program: an object that is printed twice would be here.
    text.extend(lines.map(|line| line.unwrap() + "\n"));
    assert_eq!(program.wait().unwrap().code(), Some(130));
    text
}

#[test]
fn watched_json_has_each_state_once() {
    for (flags, expected) in [
        (&["-w"][..], &["7", "8", "9", "9", "10"][..]),
        (&["--watch-only"], &["8", "9", "9", "10"]),
    ] {
        let text = watched(&[flags, &["-o", "json"]].concat());
        let documents = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let documents = documents.collect::<Result<Vec<_>, _>>().unwrap();
        let versions = documents
            .iter()
            .map(|document| document["metadata"]["resourceVersion"].as_str().unwrap());
        assert_eq!(versions.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn watch_streams_in_every_format() {
    let mut text = String::new();
    let versions = r#"jsonpath={.metadata.name} {.metadata.resourceVersion}{"\n"}"#;
    let events = "custom-columns=TYPE:.type,NAME:.object.metadata.name";
    for flags in [
        &[][..],
        &["--output-watch-events", "-L", "team"],
        &["-o", "name"],
        &["-o", versions],
        &["-o", events, "--output-watch-events"],
    ] {
        let printed = watched(&[&["-w"], flags].concat());
        text += &format!("$ waxctl df list -w {}\n{printed}\n", flags.join(" "));
    }
    let yaml = watched(&["-w", "-o", "yaml"]);
    let kept = |line: &&str| line.starts_with("---") || line.contains("resourceVersion");
    text += &yaml.lines().filter(kept).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(text);
}
