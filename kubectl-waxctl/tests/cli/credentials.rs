//! Tests how requests are authenticated, and that nothing prints what a kubeconfig or a plugin contains.

use std::process::Command;

use crate::api::Api;
use crate::environment::{Environment, Finished, executable};

const LIST: &[&str] = &["df", "list"];

/// A cluster without flows.
fn cluster() -> Api {
    Api::start()
}

fn place(api: &Api) -> String {
    format!("{{server: '{}'}}", api.address())
}

/// Returns the headers with this name in all requests, each once.
fn headers(api: &Api, name: &str) -> Vec<String> {
    let prefix = format!("{name}: ");
    let requests = api.requests();
    let lines = requests.iter().flat_map(|request| request.lines());
    let mut values: Vec<String> = lines
        .filter_map(|line| Some(line.strip_prefix(&prefix)?.to_owned()))
        .collect();
    values.dedup();
    values
}

fn exec(command: &str, more: &str) -> String {
    format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: {command}{more}}}}}"
    )
}

const PLUGIN: &str = "#!/bin/sh
echo 'please log in' >&2
echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"of-'$WHO'\"}}'
";

#[test]
fn plugin_beside_kubeconfig_gives_token() {
    let (environment, api) = (Environment::new(), cluster());
    environment.write_program("bin/login", PLUGIN);
    let user = exec("./bin/login", ", env: [{name: WHO, value: ann}]");
    environment.write_kubeconfig(&place(&api), &user);
    let finished = environment.run_with_kubeconfig(LIST);
    assert_eq!(finished.code, 0, "{finished}");
    assert!(finished.stderr.starts_with("please log in\n"), "{finished}");
    assert_eq!(headers(&api, "authorization"), ["Bearer of-ann"]);
}

#[test]
fn several_connections_run_plugin_once() {
    let (environment, api) = (Environment::new(), crate::delete::cluster());
    environment.write_program(
        "login",
        &PLUGIN.replace("echo 'please", "echo x >> count; echo 'please"),
    );
    environment.write_kubeconfig(&place(&api), &exec("./login", ""));
    let reset = ["df", "reset-state", "orders", "--force", "--yes"];
    let finished = environment.run_with_kubeconfig(&reset);
    assert_eq!(finished.code, 0, "{finished}");
    let count = std::fs::read_to_string(environment.work().join("count")).unwrap();
    assert_eq!(count, "x\n");
}

/// Returns the outputs of a verb with a kubeconfig, at the levels of the log at which most is said.
fn outputs(environment: &Environment) -> Vec<Finished> {
    let levels = [&["df", "list"][..], &["df", "list", "-v", "9"]];
    let calls = levels
        .iter()
        .map(|args| environment.run_with_kubeconfig(args));
    calls.collect()
}

#[test]
fn no_output_contains_planted_secrets() {
    let api = cluster();
    let environment = Environment::new();
    environment.write_program("fail", "#!/bin/sh\necho hunter0\nexit 1\n");
    environment.write_program("odd", "#!/bin/sh\necho 'token: [hunter1'\n");
    let more = ", args: [--client-secret=hunter2], env: [{name: AZURE_CLIENT_SECRET, value: hunter3}], \
                installHint: ask your team";
    let users = [
        exec("./fail", more),
        exec("./odd", more),
        exec("./missing", more),
        exec("no-such-plugin", more),
        "{token: \"hunter4\\n\"}".to_owned(),
        "{token: hunter5, username: hunter6}".to_owned(),
        "{auth-provider: {name: oidc, config: {id-token: hunter7, refresh-token: hunter8}}}"
            .to_owned(),
        "{auth-provider: {name: hunter-free, config: {a: hunter9}}}".to_owned(),
        "{client-certificate-data: aHVudGVy, client-key-data: aHVudGVy}".to_owned(),
        "{token: hunter10, bad: [".to_owned(),
        "{token: hunter11, exec: hunter12}".to_owned(),
    ];
    for user in &users {
        environment.write_kubeconfig(&place(&api), user);
        for finished in outputs(&environment) {
            assert_ne!(finished.code, 0, "{user}: {finished}");
            let text = finished.to_string();
            let hunted = text.replace("hunter-free", "");
            assert!(
                !hunted.contains("hunter") && !text.contains("aHVudGVy"),
                "{user}: {text}"
            );
        }
    }
    let with_user = api.address().replace("://", "://hunter13:hunter14@");
    for server in [
        with_user.as_str(),
        "http://hunter15@127.0.0.1:1",
        "ht!tp://hunter16@x",
    ] {
        environment.write_kubeconfig(&format!("{{server: '{server}'}}"), "{token: hunter17}");
        for finished in outputs(&environment) {
            assert!(
                !finished.to_string().contains("hunter"),
                "{server}: {finished}"
            );
        }
    }
    for proxy in [
        "socks5://hunter:hunter@127.0.0.1:1",
        "ftp://hunter@x",
        "hunter:1",
    ] {
        let cluster = format!("{{server: 'https://near', proxy-url: '{proxy}'}}");
        environment.write_kubeconfig(&cluster, "{}");
        for finished in outputs(&environment) {
            assert!(
                !finished.to_string().contains("hunter"),
                "{proxy}: {finished}"
            );
        }
    }
}

#[test]
fn failures_of_credentials() {
    let (environment, api) = (Environment::new(), cluster());
    environment.write_program(
        "fail",
        "#!/bin/sh\necho 'the session has ended' >&2\nexit 3\n",
    );
    let jwt = "e30.eyJleHAiOjE2MDAwMDAwMDB9.x";
    let renewable = "refresh-token: r, idp-issuer-url: 'https://login.example.com'";
    let users = [
        exec("./fail", ""),
        exec(
            "team-login",
            ", installHint: install the helper of the team",
        ),
        format!("{{auth-provider: {{name: oidc, config: {{id-token: {jwt}, {renewable}}}}}}}"),
        "{auth-provider: {name: gcp, config: {cmd-path: gcloud}}}".to_owned(),
    ];
    let mut text = String::new();
    for user in &users {
        environment.write_kubeconfig(&place(&api), user);
        text.push_str(&environment.run_with_kubeconfig(LIST).to_string());
    }
    let folder = environment.work().display().to_string();
    insta::assert_snapshot!(text.replace(&folder, "WORK"));
    assert_eq!(api.requests(), Vec::<String>::new());
}

#[test]
fn valid_oidc_token_is_sent() {
    let (environment, api) = (Environment::new(), cluster());
    let jwt = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDB9.x";
    let user = format!("{{auth-provider: {{name: oidc, config: {{id-token: {jwt}}}}}}}");
    environment.write_kubeconfig(&place(&api), &user);
    let finished = environment.run_with_kubeconfig(LIST);
    assert_eq!(finished.code, 0, "{finished}");
    assert_eq!(headers(&api, "authorization"), [format!("Bearer {jwt}")]);
}

#[test]
fn completion_never_runs_interactive_plugin() {
    let (environment, api) = (Environment::new(), crate::delete::cluster());
    environment.write_program(
        "login",
        &PLUGIN.replace("echo 'please", "touch ran; echo 'please"),
    );
    std::os::unix::fs::symlink(
        executable(),
        environment.work().join("kubectl_complete-waxctl"),
    )
    .unwrap();
    let complete = |mode: &str| {
        let user = exec("./login", "").replace("Never", mode);
        environment.write_kubeconfig(&place(&api), &user);
        let program = environment.work().join("kubectl_complete-waxctl");
        environment.finish(Command::new(program).args(["--kubeconfig", "config", "df", "get", ""]))
    };
    for mode in ["IfAvailable", "Always"] {
        let finished = complete(mode);
        assert_eq!(
            (finished.code, finished.stdout.as_str()),
            (0, ":4\n"),
            "{finished}"
        );
        assert!(!environment.work().join("ran").exists(), "{mode}");
    }
    let finished = complete("Never");
    assert_eq!(finished.stdout, "orders\n:4\n", "{finished}");
    assert_eq!(finished.stderr, "", "{finished}");
}

#[test]
fn slow_plugin_does_not_outlive_completion() {
    let (environment, api) = (Environment::new(), cluster());
    environment.write_program("login", "#!/bin/sh\necho $$ > pid\nexec sleep 1000\n");
    std::os::unix::fs::symlink(
        executable(),
        environment.work().join("kubectl_complete-waxctl"),
    )
    .unwrap();
    environment.write_kubeconfig(&place(&api), &exec("./login", ""));
    let program = environment.work().join("kubectl_complete-waxctl");
    let args = [
        "--kubeconfig",
        "config",
        "--request-timeout",
        "1s",
        "df",
        "get",
        "",
    ];
    let finished = environment.finish(Command::new(program).args(args));
    assert_eq!(finished.stdout, ":4\n", "{finished}");
    let pid = std::fs::read_to_string(environment.work().join("pid")).unwrap();
    assert!(
        crate::signals::has_ended(pid.trim()),
        "the plugin still runs"
    );
}

#[test]
fn current_context_is_first_that_is_set() {
    let (environment, api) = (Environment::new(), cluster());
    environment.write_kubeconfig(&place(&api), "{token: t}");
    environment.write("empty", "");
    environment.write("unset", "current-context: \"\"\nclusters: null\n");
    for list in [
        "unset:config",
        "empty:config",
        ":unset::config:",
        "missing:config",
        "config:unset",
    ] {
        let mut command = Command::new(executable());
        let finished = environment.finish(command.args(LIST).env("KUBECONFIG", list));
        assert_eq!(finished.code, 0, "{list}: {finished}");
    }
    assert_eq!(headers(&api, "authorization"), ["Bearer t"]);
}

#[test]
fn path_of_server_stays_in_every_request() {
    let (environment, api) = (Environment::new(), cluster());
    for path in ["/k8s/clusters/c-1", "/k8s/clusters/c-1/"] {
        environment.write_kubeconfig(&format!("{{server: '{}{path}'}}", api.address()), "{}");
        for verb in [
            &["df", "list"][..],
            &["df", "get", "orders"],
            &["df", "logs", "orders"],
        ] {
            environment.run_with_kubeconfig(verb);
        }
    }
    let requests = api.requests();
    assert!(requests.len() >= 6, "{requests:?}");
    for request in requests {
        assert!(
            request.starts_with("GET /k8s/clusters/c-1/api"),
            "{request}"
        );
    }
}
