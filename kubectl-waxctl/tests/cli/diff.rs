//! Tests `df diff` with a real git repository.

use crate::api::Api;
use crate::environment::{Environment, HELLO};

/// Creates a repository with the flow `hello` in the given environments.
fn repository(environments: &[&str]) -> Environment {
    let environment = Environment::new();
    for name in environments {
        let folder = format!("apps/{name}/hello");
        environment.run(&[
            "df",
            "render",
            "hello.py",
            "-N",
            "hello",
            "-e",
            "A=1,DB_PASSWORD=first",
            "--into",
            &folder,
        ]);
    }
    environment.make_repository();
    environment
}

#[test]
fn same_flow_has_no_differences() {
    let environment = repository(&["prod"]);
    insta::assert_snapshot!(environment.run(&["df", "diff", "hello.py", "-N", "hello"]));
    let folder = environment.run(&["df", "diff", "apps/prod/hello"]);
    assert_eq!(folder.code, 0, "{folder}");
}

#[test]
fn changes_show_cost_and_hide_secrets() {
    let environment = repository(&["prod"]);
    environment.write("hello.py", &HELLO.replace("None", "1"));
    let args = [
        "df",
        "diff",
        "hello.py",
        "-N",
        "hello",
        "-p",
        "2",
        "-e",
        "A=2,DB_PASSWORD=second",
    ];
    insta::assert_snapshot!(environment.run(&args));
    let json = environment.run(&[&args[..], &["--format", "json"]].concat());
    assert_eq!(json.code, 1);
    assert!(
        !json.stdout.contains("second") && !json.stdout.contains("first"),
        "{json}"
    );
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["flows"][0]["cost"], "one restart");
}

#[test]
fn uncommitted_change_differs_from_commit() {
    let environment = repository(&["prod"]);
    environment.run(&[
        "df",
        "render",
        "hello.py",
        "-N",
        "hello",
        "--into",
        "apps/prod/hello",
    ]);
    let finished = environment.run(&["df", "diff", "apps/prod/hello"]);
    assert_eq!(finished.code, 1, "{finished}");
    assert!(finished.stdout.contains("spec.env[A]: - 1"), "{finished}");
}

#[test]
fn new_flow_is_different() {
    let environment = repository(&["prod"]);
    insta::assert_snapshot!(environment.run(&["df", "diff", "hello.py", "-N", "other"]));
}

#[test]
fn diff_errors_have_own_exit_code() {
    let several = repository(&["prod", "stage"]);
    insta::assert_snapshot!(several.run(&["df", "diff", "hello.py", "-N", "hello"]));
    let args = [
        "df",
        "diff",
        "hello.py",
        "-N",
        "hello",
        "--env",
        "prod",
        "--ref",
        "no-such-branch",
    ];
    let finished = several.run(&args);
    assert_eq!(finished.code, 2, "{finished}");
    let outside = Environment::new();
    let finished = outside.run(&["df", "diff", "hello.py", "-N", "hello", "--env", "prod"]);
    assert_eq!(finished.code, 2, "{finished}");
    assert!(
        finished.stderr.contains("is not in a git repository"),
        "{finished}"
    );
    let two = several.run(&[
        "df", "diff", "hello.py", "hello.py", "-N", "hello", "--env", "prod",
    ]);
    assert_eq!(two.code, 2, "{two}");
    let live = outside.run(&["df", "diff", "hello.py", "-N", "hello", "--live"]);
    assert_eq!(live.code, 2, "{live}");
    assert!(
        live.stderr.starts_with("error: no cluster is configured"),
        "{live}"
    );
}

#[test]
fn commit_without_environments_is_named() {
    let empty = repository(&[]);
    let args = ["df", "diff", "hello.py", "-N", "hello", "--ref", "main"];
    insta::assert_snapshot!(empty.run(&args));
}

#[test]
fn forbidden_flow_hides_no_other() {
    let environment = Environment::new();
    for name in ["closed", "orders"] {
        let folder = format!("flows/{name}");
        let render = ["df", "render", "hello.py", "-N", name, "--into", &folder];
        assert_eq!(environment.run(&render).code, 0);
    }
    let api = Api::start();
    // The last segment of the path.
    api.deny("get", "closed");
    let place = ["--live", "-n", "shop", "--server", api.address()];
    let both = ["df", "diff", "flows/closed", "flows/orders"];
    let finished = environment.run(&[&both[..], &place].concat());
    assert_eq!(finished.code, 2, "{finished}");
    assert!(finished.stdout.contains("orders"), "{finished}");
    let told = "error: cannot compare 1 of 2 dataflows";
    assert!(finished.stderr.contains(told), "{finished}");
    assert!(finished.stderr.contains("`closed`"), "{finished}");
}
