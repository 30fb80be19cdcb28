//! Tests the results that verbs print for programs with `-o`, and the values of `--dry-run`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::api::Api;
use crate::delete::{self, FLOW};
use crate::environment::{Environment, Finished};
use crate::get::{FLOWS, run_and_record};

fn run(api: &Api, args: &[&str]) -> Finished {
    let place = ["-n", "shop", "--server", api.address()];
    Environment::new().run(&[args, &place].concat())
}

fn deploy(api: &Api, flags: &[&str]) -> Finished {
    run(
        api,
        &[&["df", "deploy", "hello.py", "-N", "hello"], flags].concat(),
    )
}

fn empty_cluster() -> Api {
    let api = Api::start();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    api.put("/api/v1/namespaces/shop", namespace);
    api
}

#[test]
fn deploy_prints_object_or_name() {
    let api = empty_cluster();
    let created = deploy(&api, &["-o", "json"]);
    let object: Value = serde_json::from_str(&created.stdout).expect(&created.stderr);
    assert_eq!(object["metadata"]["name"], "hello");
    assert_eq!(object["kind"], "Dataflow");
    assert!(
        created.stderr.contains("dataflow.bytewax.io/hello created"),
        "{created}"
    );
    let mut text = String::new();
    for flags in [
        &["-o", "name"][..],
        &["-o", "name", "--yes", "-p", "2"],
        &["-p", "3", "--yes"],
        &["-p", "4"],
    ] {
        let finished = deploy(&api, flags);
        writeln!(text, "$ waxctl df deploy {}\n{finished}", flags.join(" ")).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn dry_runs_store_nothing() {
    let api = empty_cluster();
    let mut text = String::new();
    for mode in [
        "--dry-run",
        "--dry-run=client",
        "--dry-run=true",
        "--dry-run=server",
    ] {
        let finished = deploy(&api, &[mode, "-o", "name"]);
        writeln!(text, "$ waxctl df deploy {mode}\n{finished}").unwrap();
        assert!(!api.has(&format!("{FLOWS}/hello")), "{finished}");
    }
    let stored = deploy(&api, &["--dry-run=server", "-o", "yaml"]);
    assert!(stored.stdout.contains("uid: applied"), "{stored}");
    let odd = deploy(&api, &["--dry-run=maybe"]);
    writeln!(text, "$ waxctl df deploy --dry-run=maybe\n{odd}").unwrap();
    assert_eq!(deploy(&api, &["--dry-run=none"]).code, 0);
    assert!(api.has(&format!("{FLOWS}/hello")));
    insta::assert_snapshot!(text);
}

#[test]
fn deleted_objects_are_named_or_printed() {
    let mut text = String::new();
    run_and_record(
        &delete::cluster(),
        &["df", "delete", "orders", "--yes", "-o", "name"],
        &mut text,
    );
    let state = ["df", "delete", "orders", "--delete-state", "--yes", "-o"];
    run_and_record(
        &delete::cluster(),
        &[&state[..], &["name"]].concat(),
        &mut text,
    );
    insta::assert_snapshot!(text);
    let deleted = run(&delete::cluster(), &[&state[..], &["json"]].concat());
    let list: Value = serde_json::from_str(&deleted.stdout).expect(&deleted.stderr);
    let kinds = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["kind"]);
    let expected = ["Dataflow", "PersistentVolumeClaim", "PersistentVolumeClaim"];
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
}

#[test]
fn recovery_actions_print_changed_dataflow() {
    for verb in [
        &["reset-state", "orders", "--force"][..],
        &["restore", "orders"],
    ] {
        let api = delete::cluster();
        let changed = run(&api, &[&["df"], verb, &["--yes", "-o", "json"]].concat());
        let object: Value = serde_json::from_str(&changed.stdout).expect(&changed.stderr);
        assert_eq!(object["spec"], api.at(FLOW)["spec"], "{changed}");
        assert!(
            object["spec"]["recovery"]["action"].is_object(),
            "{changed}"
        );
        assert!(
            changed
                .stderr
                .contains("dataflow.bytewax.io/orders changed"),
            "{changed}"
        );
    }
}

#[test]
fn rendered_objects_can_be_named() {
    let environment = Environment::new();
    let mut text = String::new();
    for flags in [
        &["-o", "name"][..],
        &["-o", "name", "--expand"],
        &["--dry-run=server"],
    ] {
        let finished =
            environment.run(&[&["df", "render", "hello.py", "-N", "hello"], flags].concat());
        writeln!(text, "$ waxctl df render {}\n{finished}", flags.join(" ")).unwrap();
    }
    let export = environment.run(&["install", "--export", "-n", "shop", "-o", "name"]);
    writeln!(text, "$ waxctl install --export -o name\n{export}").unwrap();
    insta::assert_snapshot!(text);
}
