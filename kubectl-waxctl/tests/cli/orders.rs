//! Orders about a flow's state, while others write the Dataflow, too.

use std::process::Command;

use serde_json::{Value, json};

use crate::api::Api;
use crate::delete::{FLOW, cluster};
use crate::environment::{Environment, Finished};

fn reset(api: &Api) -> Finished {
    let order = ["df", "reset-state", "orders", "--force", "--yes"];
    let place = ["-n", "shop", "--server", api.address()];
    Environment::new().run(&[&order[..], &place].concat())
}

fn action(api: &Api) -> Value {
    api.at(FLOW)["spec"]["recovery"]["action"].clone()
}

#[test]
fn an_order_is_given_although_the_operator_writes_status_all_the_time() {
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
fn an_order_leaves_nothing_of_an_earlier_one() {
    let api = cluster();
    let mut ordered = api.at(FLOW);
    ordered["spec"]["recovery"]["action"] =
        json!({"type": "Restore", "point": "1-0b7c4a52/99", "expect": {"storeId": "none"}});
    api.put(FLOW, ordered);
    assert_eq!(reset(&api).code, 0);
    let timeline = api.at(FLOW)["status"]["recovery"]["timeline"].clone();
    let store = api.at(FLOW)["status"]["recovery"]["storeId"].clone();
    let expected = json!({"type": "Reset", "expect": {"storeId": store, "timeline": timeline}});
    assert_eq!(action(&api), expected);
}

#[test]
fn a_flow_that_somebody_changes_meanwhile_gets_no_order() {
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

/// A repository with the flow `orders` in the environments given.
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
fn a_commit_of_an_order_goes_to_an_environment_that_can_be_one() {
    let environment = repository(&["prod"]);
    let api = cluster();
    let tip = git(&environment, &["rev-parse", "HEAD"]);
    let order = ["df", "reset-state", "orders", "--force", "--yes"];
    let place = ["-n", "shop", "--server", api.address()];
    for name in ["prod/", "/prod"] {
        let env = ["--repo", ".", "--env", name];
        let finished = environment.run(&[&order[..], &env, &place].concat());
        assert_eq!(finished.code, 2, "{name}: {finished}");
        let told = format!("error: {name:?} is not a valid name for an environment");
        assert!(finished.stderr.starts_with(&told), "{finished}");
        assert_eq!(git(&environment, &["rev-parse", "HEAD"]), tip);
    }
    let env = ["--repo", ".", "--env", "prod"];
    let finished = environment.run(&[&order[..], &env, &place].concat());
    assert_eq!(finished.code, 0, "{finished}");
    assert_ne!(git(&environment, &["rev-parse", "HEAD"]), tip);
}

#[test]
fn who_gives_an_order_to_a_flow_in_git_is_asked_for_its_environment() {
    let api = cluster();
    let order = ["df", "reset-state", "orders", "--force", "--yes"];
    let place = ["--repo", ".", "-n", "shop", "--server", api.address()];
    let said = [&["dev", "prod"][..], &[]].map(|environments| {
        let repository = repository(environments);
        let finished = repository.run(&[&order[..], &place].concat());
        finished.to_string()
    });
    insta::assert_snapshot!("which-environment", said.join("\n"));
}
