//! Tests the verbs that apply recovery actions, also while other clients write the Dataflow.

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

/// Creates a repository with the flow `orders` in the given environments.
pub(crate) fn repository(environments: &[&str]) -> Environment {
    let environment = Environment::new();
    for name in environments {
        let folder = format!("apps/{name}/orders");
        let render = "df render hello.py -N orders --recovery --into";
        let render: Vec<&str> = render.split(' ').collect();
        let finished = environment.run(&[&render[..], &[&folder]].concat());
        assert_eq!(finished.code, 0, "{finished}");
    }
    environment.make_repository();
    environment
}

#[test]
fn action_commit_refuses_invalid_environment_name() {
    let environment = repository(&["prod"]);
    let api = cluster();
    let tip = environment.git(&["rev-parse", "HEAD"]);
    let command = ["df", "reset-state", "orders", "--force", "--yes"];
    let place = ["-n", "shop", "--server", api.address()];
    for name in ["prod/", "/prod"] {
        let env = ["--repo", ".", "--env", name];
        let finished = environment.run(&[&command[..], &env, &place].concat());
        assert_eq!(finished.code, 2, "{name}: {finished}");
        let told = format!("error: {name:?} is not a valid name for an environment");
        assert!(finished.stderr.starts_with(&told), "{finished}");
        assert_eq!(environment.git(&["rev-parse", "HEAD"]), tip);
    }
    let env = ["--repo", ".", "--env", "prod"];
    let finished = environment.run(&[&command[..], &env, &place].concat());
    assert_eq!(finished.code, 0, "{finished}");
    assert_ne!(environment.git(&["rev-parse", "HEAD"]), tip);
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

/// Runs git in a folder beside the repository.
fn git_in(environment: &Environment, folder: &str, args: &[&str]) -> String {
    environment.git(&[&["-C", folder], args].concat())
}

#[test]
fn action_from_stale_clone_changes_only_action() {
    let api = cluster();
    for command in [
        "reset-state orders --force",
        "restore orders --to 1-0b7c4a52/99",
    ] {
        let environment = repository(&["prod"]);
        environment.git(&["clone", "-q", "--bare", ".", "../shop.git"]);
        for clone in ["../stale", "../newer"] {
            environment.git(&["clone", "-q", "../shop.git", clone]);
            for (key, value) in [("user.name", "A Person"), ("user.email", "a@example.com")] {
                git_in(&environment, clone, &["config", key, value]);
            }
        }
        let folder = environment.root().join("newer/apps/prod/orders");
        for (file, old, new) in [
            (
                "dataflow.yaml",
                "tag: 0.21.1-python3.11",
                "tag: 0.22 # newer",
            ),
            ("hello.py", "flow = None", "flow = 1"),
        ] {
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            std::fs::write(folder.join(file), text.replace(old, new)).unwrap();
        }
        git_in(&environment, "../newer", &["commit", "-qam", "Newer"]);
        git_in(&environment, "../newer", &["push", "-q"]);
        let newer = git_in(&environment, "../newer", &["rev-parse", "HEAD"]);
        let newer = newer.trim();

        for branch in ["for-review", "main"] {
            let mut words: Vec<&str> = vec!["df"];
            words.extend(command.split(' '));
            words.extend(["--yes", "--push", "--repo", "../stale", "--env", "prod"]);
            words.extend(["--branch", branch]);
            words.extend(["-n", "shop", "--server", api.address()]);
            let finished = environment.run(&words);
            assert_eq!(finished.code, 0, "{command}: {finished}");
            let range = format!("{newer}..{branch}");
            let diff = ["diff", "--stat", &range];
            let diff = git_in(&environment, "../shop.git", &diff);
            assert!(diff.contains("1 file changed"), "{diff}");
            assert!(!diff.contains("deletion"), "{diff}");
            let show = format!("{branch}:apps/prod/orders/dataflow.yaml");
            let text = git_in(&environment, "../shop.git", &["show", &show]);
            assert!(text.contains("tag: 0.22 # newer"), "{text}");
            assert!(text.contains("action:"), "{text}");
        }
    }
}

#[test]
fn option_for_commit_never_changes_cluster() {
    let api = cluster();
    let command = ["df", "reset-state", "orders", "--force", "--yes"];
    let place = ["-n", "shop", "--server", api.address()];
    for option in [
        &["--push"][..],
        &["--branch", "review"],
        &["-m", "Reset"],
        &["--repo", "."],
        &["--no-verify"],
    ] {
        let finished = Environment::new().run(&[&command[..], option, &place].concat());
        assert_ne!(finished.code, 0, "{option:?}: {finished}");
        assert_eq!(action(&api), Value::Null, "{option:?}: {finished}");
    }
    let repository = repository(&["prod"]);
    let option = ["--branch", "review"];
    repository.git(&["branch", "review"]);
    let finished = repository.run(&[&command[..], &option, &place].concat());
    assert_eq!(finished.code, 0, "{finished}");
    assert_eq!(action(&api), Value::Null, "{finished}");
    let log = repository.git(&["log", "--format=%s", "main..review"]);
    assert_eq!(log.lines().count(), 1, "{log}");
}
