//! Tests `--dry-run` of every verb that changes a cluster: what it prints, and that nothing is changed or even sent.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::api::Api;
use crate::delete::{FLOW, cluster};
use crate::environment::Environment;
use crate::recovery_actions::repository;
use crate::uninstall::installed;

/// The verbs, with what they need to do something.
const VERBS: [&[&str]; 7] = [
    &["df", "delete", "orders"],
    &["df", "delete", "orders", "--delete-state"],
    &["df", "reset-state", "orders", "--force"],
    &["df", "restore", "orders", "--to", "1-0b7c4a52/99"],
    &["df", "suspend", "orders"],
    &["df", "restart", "orders"],
    &["df", "scale", "orders", "-p", "3"],
];

/// Runs a verb and appends the command line with its output; returns the requests that are no reads.
fn run(api: &Api, args: &[&str], text: &mut String) -> Vec<String> {
    let before = api.requests().len();
    let place = ["-n", "shop", "--server", api.address()];
    let finished = Environment::new().run(&[args, &place].concat());
    writeln!(text, "$ waxctl {}\n{finished}", args.join(" ")).unwrap();
    let mut requests = api.requests().split_off(before);
    requests.retain(|request| !request.starts_with("GET"));
    requests
}

#[test]
fn client_sends_no_change_and_needs_no_word() {
    let mut text = String::new();
    for verb in VERBS {
        let api = cluster();
        let before = api.at(FLOW);
        let sent = run(&api, &[verb, &["--dry-run"]].concat(), &mut text);
        assert!(sent.is_empty(), "{verb:?}: {sent:?}");
        assert_eq!(api.at(FLOW), before, "{verb:?}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn server_checks_change_and_stores_nothing() {
    let mut text = String::new();
    for verb in VERBS {
        let api = cluster();
        let before = api.at(FLOW);
        let sent = run(&api, &[verb, &["--dry-run=server"]].concat(), &mut text);
        assert!(!sent.is_empty(), "{verb:?}");
        assert_eq!(api.at(FLOW), before, "{verb:?}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn server_refusal_is_reported() {
    let mut text = String::new();
    for (verb, denied) in [(VERBS[0], "delete"), (VERBS[3], "patch")] {
        let api = cluster();
        api.deny(denied, "dataflows");
        run(&api, &[verb, &["--dry-run=server"]].concat(), &mut text);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn printed_object_is_the_changed_one() {
    for mode in ["--dry-run=client", "--dry-run=server"] {
        for (verb, field, value) in [
            (VERBS[4], "/spec/suspend", json!(true)),
            (VERBS[6], "/spec/processesCount", json!(3)),
            (VERBS[2], "/spec/recovery/action/type", json!("Reset")),
        ] {
            let api = cluster();
            let place = ["-n", "shop", "--server", api.address(), "-o", "json"];
            let finished = Environment::new().run(&[verb, &[mode], &place].concat());
            let object: Value = serde_json::from_str(&finished.stdout).expect(&finished.stderr);
            assert_eq!(object.pointer(field), Some(&value), "{finished}");
            assert_eq!(
                api.at(FLOW).pointer(field),
                cluster().at(FLOW).pointer(field)
            );
        }
    }
}

#[test]
fn operator_is_neither_installed_nor_removed() {
    let mut text = String::new();
    for mode in ["--dry-run=client", "--dry-run=server"] {
        let api = installed();
        let before = api.paths();
        run(&api, &["uninstall", mode], &mut text);
        assert_eq!(api.paths(), before);
        let api = Api::start();
        api.put(
            "/api/v1/namespaces/shop",
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        );
        run(&api, &["install", mode], &mut text);
        assert_eq!(api.paths(), ["/api/v1/namespaces/shop"]);
    }
    // What is in a namespace that does not exist cannot be checked.
    let api = Api::start();
    run(
        &api,
        &["install", "-A", "--dry-run=server", "-o", "name"],
        &mut text,
    );
    assert!(api.paths().is_empty());
    insta::assert_snapshot!(text);
}

#[test]
fn change_in_git_is_only_shown() {
    let api = cluster();
    let environment = repository(&["prod"]);
    let tip = environment.git(&["rev-parse", "HEAD"]);
    let place = ["-n", "shop", "--server", api.address(), "--env", "prod"];
    let mut text = String::new();
    for (verb, mode) in [
        (VERBS[2], "--dry-run"),
        (VERBS[4], "--dry-run"),
        (VERBS[4], "--dry-run=server"),
    ] {
        let finished = environment.run(&[verb, &[mode], &place].concat());
        writeln!(text, "$ waxctl {} {mode}\n{finished}", verb.join(" ")).unwrap();
    }
    assert_eq!(environment.git(&["rev-parse", "HEAD"]), tip);
    assert_eq!(environment.git(&["status", "--porcelain"]), "");
    insta::assert_snapshot!(text);
}
