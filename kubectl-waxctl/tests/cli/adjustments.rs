//! Tests suspend, resume, restart and scale in the cluster and through git.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::api::Api;
use crate::delete::{FLOW, cluster};
use crate::environment::{Environment, Finished};
use crate::recovery_actions::repository;

fn df(environment: &Environment, api: &Api, args: &[&str]) -> Finished {
    let place = ["-n", "shop", "--server", api.address()];
    environment.run(&[&["df"], args, &place].concat())
}

/// Returns the fields of the spec that the verbs change.
fn fields(api: &Api) -> Value {
    let spec = &api.at(FLOW)["spec"];
    json!([
        spec["suspend"],
        spec["processesCount"],
        spec["workersPerProcess"]
    ])
}

/// Marks the flow as managed by Argo CD.
fn manage_from_git(api: &Api) {
    let mut flow = api.at(FLOW);
    flow["metadata"]["annotations"] = json!({"argocd.argoproj.io/tracking-id": "shop"});
    api.put(FLOW, flow);
}

#[test]
fn verbs_change_only_their_fields() {
    let api = cluster();
    let before = api.at(FLOW);
    let mut text = String::new();
    for args in [
        &["suspend", "orders"][..],
        &["suspend", "orders"],
        &["restart", "orders"],
        &["scale", "orders", "-p", "3"],
        &["resume", "orders"],
        &["resume", "orders"],
        &["scale", "orders", "-p", "3", "-w", "2"],
        &["scale", "orders", "-w", "2"],
        &["scale", "orders"],
        &["suspend", "order"],
    ] {
        let finished = df(&Environment::new(), &api, args);
        writeln!(
            text,
            "$ waxctl df {}\n{finished}spec: {}\n",
            args.join(" "),
            fields(&api)
        )
        .unwrap();
    }
    insta::assert_snapshot!(text);
    let mut after = api.at(FLOW);
    after["spec"]["processesCount"] = 2.into();
    after["spec"]
        .as_object_mut()
        .unwrap()
        .remove("workersPerProcess");
    assert_eq!(after, before);
}

#[test]
fn restart_sets_annotation_even_if_managed() {
    let api = cluster();
    manage_from_git(&api);
    let finished = df(&Environment::new(), &api, &["restart", "orders"]);
    assert_eq!(finished.code, 0, "{finished}");
    let annotations = &api.at(FLOW)["metadata"]["annotations"];
    assert!(
        annotations["bytewax.io/restarted-at"].is_string(),
        "{annotations}"
    );
    assert_eq!(annotations["argocd.argoproj.io/tracking-id"], "shop");
}

#[test]
fn change_is_refused_if_flow_changed_meanwhile() {
    let api = cluster();
    api.after_reading(|flow| flow["metadata"]["generation"] = 2.into());
    let finished = df(&Environment::new(), &api, &["suspend", "orders"]);
    assert_eq!(finished.code, 1, "{finished}");
    assert_eq!(fields(&api)[0], Value::Null);
}

#[test]
fn managed_flow_is_changed_by_commit() {
    let api = cluster();
    manage_from_git(&api);
    let environment = repository(&["prod"]);
    let tip = || environment.git(&["rev-parse", "HEAD"]);
    for (args, field) in [
        (&["suspend", "orders"][..], "+  suspend: true"),
        (&["scale", "orders", "-p", "3"], "+  processesCount: 3"),
        (&["resume", "orders"], "-  suspend: true"),
    ] {
        let finished = df(&environment, &api, args);
        assert_eq!(finished.code, 0, "{finished}");
        let shown = environment.git(&["show", "--format=", "--unified=0"]);
        let changed: Vec<_> = shown
            .lines()
            .filter(|line| {
                line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---")
            })
            .collect();
        // `-n shop` also writes the namespace once.
        let changed: Vec<_> = changed
            .into_iter()
            .filter(|line| *line != "+namespace: shop")
            .collect();
        assert_eq!(changed, [field], "{shown}");
    }
    let before = tip();
    let finished = df(&environment, &api, &["scale", "orders", "-p", "3"]);
    assert!(finished.stdout.contains("unchanged"), "{finished}");
    assert_eq!(tip(), before);
    assert_eq!(fields(&api), json!([null, 2, null]));
}

#[test]
fn live_change_of_managed_flow_is_warned_about() {
    let api = cluster();
    manage_from_git(&api);
    let environment = Environment::new();
    let outside = df(&environment, &api, &["suspend", "orders"]);
    let folder = environment.work().display().to_string();
    let outside = outside.to_string().replace(&folder, "WORK");
    assert_eq!(fields(&api)[0], Value::Null);
    let live = df(&Environment::new(), &api, &["suspend", "orders", "--live"]);
    assert_eq!(fields(&api)[0], true);
    let both = df(
        &Environment::new(),
        &api,
        &["suspend", "orders", "--live", "--push"],
    );
    insta::assert_snapshot!(format!("{outside}\n{live}\n{}", both.code));
}

#[test]
fn timed_suspension_is_annotated_and_ended() {
    let api = cluster();
    manage_from_git(&api);
    let before = api.at(FLOW);
    let environment = Environment::new();
    let timed = [
        "suspend",
        "orders",
        "--for",
        "2h",
        "--reason",
        "a migration",
    ];
    let finished = df(&environment, &api, &timed);
    assert_eq!(finished.code, 0, "{finished}");
    let annotations = api.at(FLOW)["metadata"]["annotations"].clone();
    assert_eq!(annotations["bytewax.io/suspended-by"], "ann");
    assert_eq!(annotations["bytewax.io/suspension-reason"], "a migration");
    let until: jiff::Timestamp = annotations["bytewax.io/suspended-until"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap();
    assert!(until > jiff::Timestamp::now());
    assert_eq!(fields(&api)[0], Value::Null);
    // It was made in the cluster, so it is ended there too, although git describes the flow.
    let resumed = df(&environment, &api, &["resume", "orders"]);
    assert_eq!(resumed.code, 0, "{resumed}");
    assert_eq!(api.at(FLOW), before);
}

/// Lets a controller apply the annotations that the flow has in git.
fn apply_annotations(api: &Api, annotations: &[(&str, &str)]) {
    let mut flow = api.at(FLOW);
    let owned = annotations
        .iter()
        .map(|(key, _)| (format!("f:{key}"), json!({})));
    let owned = Value::Object(owned.collect());
    flow["metadata"]["managedFields"] = json!([{
        "manager": "kustomize-controller", "operation": "Apply",
        "fieldsV1": {"f:metadata": {"f:annotations": owned}, "f:spec": {"f:image": {}}},
    }]);
    for (key, value) in annotations {
        flow["metadata"]["annotations"][key] = (*value).into();
    }
    api.put(FLOW, flow);
}

#[test]
fn timed_suspension_is_committed_and_ended() {
    let api = cluster();
    manage_from_git(&api);
    let environment = repository(&["prod"]);
    let shown = |range: &str| {
        environment.git(&[
            "diff",
            "--unified=0",
            range,
            "--",
            "apps/prod/orders/dataflow.yaml",
        ])
    };
    let timed = [
        "suspend",
        "orders",
        "--for",
        "2h",
        "--reason",
        "a migration",
    ];
    let suspended = df(
        &environment,
        &api,
        &[&timed[..], &["--env", "prod"]].concat(),
    );
    assert_eq!(suspended.code, 0, "{suspended}");
    assert_eq!(
        api.at(FLOW)["metadata"]["annotations"]["bytewax.io/suspended-until"],
        Value::Null
    );
    let added = shown("HEAD~");
    for text in [
        "+    bytewax.io/suspended-by: ann\n",
        "+    bytewax.io/suspended-until: ",
        "+    bytewax.io/suspension-reason: a migration\n",
    ] {
        assert!(added.contains(text), "{added}");
    }
    let message = environment.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.contains("bytewax.io/suspended-until: added 20"),
        "{message}"
    );
    assert!(message.contains("Waxctl-Cost: one restart"), "{message}");
    // The controller has applied it, so it is ended in git, too.
    apply_annotations(
        &api,
        &[("bytewax.io/suspended-until", "2126-05-01T14:00:00Z")],
    );
    let resumed = df(&environment, &api, &["resume", "orders"]);
    assert_eq!(resumed.code, 0, "{resumed}");
    assert_eq!(shown("HEAD~2"), "");
    let again = df(&environment, &api, &["resume", "orders", "--env", "prod"]);
    assert_eq!(again.code, 1, "{again}");
    assert!(again.stderr.contains("which is not in git"), "{again}");
}

#[test]
fn committed_reason_is_protected_from_flux() {
    let api = cluster();
    let environment = repository(&["prod"]);
    let reason = ["--reason", "cost ${X}", "--env", "prod"];
    let suspend = ["suspend", "orders", "--for", "2h"];
    let suspended = df(&environment, &api, &[&suspend[..], &reason].concat());
    assert_eq!(suspended.code, 0, "{suspended}");
    let flow = environment.git(&["show", "HEAD:apps/prod/orders/dataflow.yaml"]);
    for text in [
        "cost ${X}",
        "kustomize.toolkit.fluxcd.io/substitute: disabled",
    ] {
        assert!(flow.contains(text), "{flow}");
    }
}

#[test]
fn timed_suspension_without_effect_is_refused() {
    let api = cluster();
    let environment = Environment::new();
    let mut text = String::new();
    for args in [
        &["suspend", "orders", "--reason", "a migration"][..],
        &["suspend", "orders", "--for", "soon"],
        &["suspend", "orders", "--for", "0s"],
        &["suspend", "orders", "--for", "100000h"],
        &["suspend", "orders", "--for=-2h"],
    ] {
        let finished = df(&environment, &api, args);
        let first = finished
            .stderr
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned();
        writeln!(text, "{} {first}", finished.code).unwrap();
    }
    let mut flow = api.at(FLOW);
    flow["spec"]["suspend"] = true.into();
    api.put(FLOW, flow);
    let endless = df(&environment, &api, &["suspend", "orders", "--for", "2h"]);
    insta::assert_snapshot!(format!("{text}{endless}"));
}
