//! Tests the verbs that apply recovery actions, also while other clients write the Dataflow.

use std::process::Command;

use serde_json::{Value, json};

use crate::api::Api;
use crate::delete::{FLOW, cluster};
use crate::environment::{Environment, Finished};

fn reset(api: &Api) -> Finished {
    let command = ["df", "reset-state", "orders", "--force", "--yes"];
    let place = ["-n", "shop", "--server", api.address()];
    Environment::new().run(&[&command[..], &place].concat())
}

fn action(api: &Api) -> Value {
    api.at(FLOW)["spec"]["recovery"]["action"].clone()
}

#[test]
fn action_is_applied_while_operator_writes_status() {
    let api = cluster();
    api.after_reading(|flow| {
        flow["metadata"]["resourceVersion"] = "of another status".into();
        flow["status"]["processes"]["summary"] = "1/2".into();
    });
    let finished = reset(&api);
    assert_eq!(finished.code, 0, "{finished}");
    assert_eq!(action(&api)["type"], "Reset");
}

#[test]
fn action_replaces_earlier_action_completely() {
    let api = cluster();
    let mut flow = api.at(FLOW);
    flow["spec"]["recovery"]["action"] =
        json!({"type": "Restore", "point": "1-0b7c4a52/99", "expect": {"storeId": "none"}});
    api.put(FLOW, flow);
    assert_eq!(reset(&api).code, 0);
    let timeline = api.at(FLOW)["status"]["recovery"]["timeline"].clone();
    let store = api.at(FLOW)["status"]["recovery"]["storeId"].clone();
    let expected = json!({"type": "Reset", "expect": {"storeId": store, "timeline": timeline}});
    assert_eq!(action(&api), expected);
}

#[test]
fn action_is_refused_if_flow_changed_meanwhile() {
    for change in [
        |flow: &mut Value| flow["metadata"]["generation"] = 2.into(),
        |flow: &mut Value| flow["metadata"]["uid"] = "f2".into(),
    ] {
        let api = cluster();
        api.after_reading(change);
        let finished = reset(&api);
        assert_eq!(action(&api), Value::Null, "{finished}");
        insta::assert_snapshot!("changed-meanwhile", finished);
    }
}

fn git(environment: &Environment, args: &[&str]) -> String {
    let finished = environment.finish(Command::new("git").args(args));
    assert_eq!(finished.code, 0, "git {args:?}: {finished}");
    finished.stdout
}

/// Creates a repository with the flow `orders` in the given environments.
fn repository(environments: &[&str]) -> Environment {
    let environment = Environment::new();
    for name in environments {
        let folder = format!("apps/{name}/orders");
        let render = "df render hello.py -N orders --recovery --into";
        let render: Vec<&str> = render.split(' ').collect();
        let finished = environment.run(&[&render[..], &[&folder]].concat());
        assert_eq!(finished.code, 0, "{finished}");
    }
    git(&environment, &["init", "--quiet", "-b", "main", "."]);
    git(&environment, &["config", "user.name", "A Person"]);
    git(
        &environment,
        &["config", "user.email", "person@example.com"],
    );
    git(&environment, &["add", "."]);
    git(&environment, &["commit", "--quiet", "-m", "Start"]);
    environment
}

#[test]
fn action_commit_refuses_invalid_environment_name() {
    let environment = repository(&["prod"]);
    let api = cluster();
    let tip = git(&environment, &["rev-parse", "HEAD"]);
    let command = ["df", "reset-state", "orders", "--force", "--yes"];
    let place = ["-n", "shop", "--server", api.address()];
    for name in ["prod/", "/prod"] {
        let env = ["--repo", ".", "--env", name];
        let finished = environment.run(&[&command[..], &env, &place].concat());
        assert_eq!(finished.code, 2, "{name}: {finished}");
        let told = format!("error: {name:?} is not a valid name for an environment");
        assert!(finished.stderr.starts_with(&told), "{finished}");
        assert_eq!(git(&environment, &["rev-parse", "HEAD"]), tip);
    }
    let env = ["--repo", ".", "--env", "prod"];
    let finished = environment.run(&[&command[..], &env, &place].concat());
    assert_eq!(finished.code, 0, "{finished}");
    assert_ne!(git(&environment, &["rev-parse", "HEAD"]), tip);
}

#[test]
fn action_on_flow_in_git_needs_environment() {
    let api = cluster();
    let command = ["df", "reset-state", "orders", "--force", "--yes"];
    let place = ["--repo", ".", "-n", "shop", "--server", api.address()];
    let outputs = [&["dev", "prod"][..], &[]].map(|environments| {
        let repository = repository(environments);
        let finished = repository.run(&[&command[..], &place].concat());
        finished.to_string()
    });
    insta::assert_snapshot!("which-environment", outputs.join("\n"));
}
