//! Tests the effect of each option that `kubectl options` lists, and that the others do not exist.
//!
//! docs/kubectl.md has the same table for people.

use std::collections::BTreeSet;
use std::net::TcpListener;

use crate::api::Api;
use crate::delete::cluster;
use crate::environment::{Environment, Finished};
use crate::real_kubectl::kubectl;

/// Options of kubectl that do not exist here, each with a value.
const ABSENT: [&str; 6] = [
    "--kuberc=x",
    "--log-flush-frequency=5s",
    "--match-server-version",
    "--profile=cpu",
    "--profile-output=x",
    "--vmodule=x=1",
];

const TWO_CONTEXTS: &str = "
current-context: dev
clusters:
- {name: near, cluster: {server: SERVER}}
- {name: far, cluster: {server: 'SERVER/far'}}
contexts:
- {name: dev, context: {cluster: near, user: ann, namespace: team}}
- {name: prod, context: {cluster: far, user: bob}}
users:
- {name: ann, user: {token: of-ann}}
- {name: bob, user: {token: of-bob}}
";

/// Runs `df list` with options; returns the first request, and the output.
fn listed(options: &[&str]) -> (String, Finished) {
    let (environment, api) = (Environment::new(), Api::start());
    environment.write("config", &TWO_CONTEXTS.replace("SERVER", api.address()));
    let options: Vec<String> = options
        .iter()
        .map(|option| option.replace("SERVER", api.address()))
        .collect();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let args = [&["df", "list", "--kubeconfig", "config"][..], &options].concat();
    let finished = environment.run(&args);
    (
        api.requests().first().cloned().unwrap_or_default(),
        finished,
    )
}

#[track_caller]
fn assert_request(options: &[&str], expected: &[&str]) {
    let (request, finished) = listed(options);
    for part in expected {
        assert!(
            request.contains(part),
            "{options:?}: {part}\n{request}\n{finished}"
        );
    }
}

#[test]
fn options_that_choose_have_their_effect() {
    let path = "/apis/bytewax.io/v1alpha1/namespaces";
    assert_request(
        &[],
        &[
            &format!("GET {path}/team/dataflows?"),
            "authorization: Bearer of-ann\n",
        ],
    );
    assert_request(&["--namespace", "shop"], &[&format!("GET {path}/shop/")]);
    assert_request(&["-n", "shop"], &[&format!("GET {path}/shop/")]);
    let empty = ["-n=", "--context=", "--cluster=", "--user=", "--server="];
    assert_request(&empty, &[&format!("GET {path}/team/"), "Bearer of-ann\n"]);
    assert_request(
        &["--context", "prod"],
        &[&format!("GET /far{path}/default/"), "Bearer of-bob\n"],
    );
    assert_request(
        &["--cluster", "far"],
        &[&format!("GET /far{path}/team/"), "Bearer of-ann\n"],
    );
    assert_request(
        &["--user", "bob"],
        &[&format!("GET {path}/team/"), "Bearer of-bob\n"],
    );
    assert_request(
        &["--server", "SERVER/x"],
        &[&format!("GET /x{path}/team/"), "Bearer of-ann\n"],
    );
    assert_request(&["-s", "SERVER/x"], &[&format!("GET /x{path}/team/")]);
    assert_request(&["--token", "mine"], &["authorization: Bearer mine\n"]);
    assert_request(
        &["--username", "ann", "--password", "secret"],
        &["authorization: Basic YW5uOnNlY3JldA==\n"],
    );
}

#[test]
fn options_of_impersonation_have_their_effect() {
    assert_request(
        &[
            "--as",
            "carol",
            "--as-group",
            "a",
            "--as-group",
            "b",
            "--as-uid",
            "7",
            "--as-user-extra",
            "team=x",
        ],
        &[
            "impersonate-user: carol\n",
            "impersonate-group: a\n",
            "impersonate-group: b\n",
            "impersonate-uid: 7\n",
            "impersonate-extra-team: x\n",
        ],
    );
    let (request, finished) = listed(&["--as-group", "a"]);
    assert_eq!((request.as_str(), finished.code), ("", 1), "{finished}");
}

#[test]
fn options_of_tls_have_their_effect() {
    let (_, finished) = listed(&["--certificate-authority", "missing.crt"]);
    assert!(
        finished
            .stderr
            .contains("cannot read the certificate authority missing.crt"),
        "{finished}"
    );
    let keys = [
        "--client-certificate",
        "missing.crt",
        "--client-key",
        "missing.key",
    ];
    let (_, finished) = listed(&keys);
    assert!(
        finished
            .stderr
            .contains("cannot read the client certificate missing.crt"),
        "{finished}"
    );
    let (_, finished) = listed(&keys[..2]);
    assert!(
        finished
            .stderr
            .contains("has a client certificate but no client key"),
        "{finished}"
    );
    let both = [
        "--insecure-skip-tls-verify",
        "--certificate-authority",
        "hello.py",
    ];
    let (_, finished) = listed(&both);
    assert!(
        finished
            .stderr
            .contains("both a certificate authority and insecure"),
        "{finished}"
    );
    let (_, finished) = listed(&["--tls-server-name=in side"]);
    assert!(finished.stderr.contains("invalid dns name"), "{finished}");
    for off in [
        "--insecure-skip-tls-verify=false",
        "--insecure-skip-tls-verify=true",
    ] {
        assert_request(&[off], &["GET "]);
    }
}

#[test]
fn request_timeout_and_caches() {
    let (_, finished) = listed(&["--request-timeout", "soon"]);
    assert_eq!(finished.code, 2, "{finished}");
    for accepted in [
        &["--request-timeout", "5s"][..],
        &["--cache-dir", "cache"],
        &["--disable-compression"],
        &["--disable-compression=true"],
    ] {
        assert_request(accepted, &["GET "]);
        let (request, finished) = listed(accepted);
        assert!(!request.contains("accept-encoding: gzip"), "{request}");
        assert_eq!(finished.code, 0, "{finished}");
    }
}

#[test]
fn request_timeout_ends_request_without_response() {
    // Connections are accepted by the kernel, and nothing answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let list = ["df", "list", "--request-timeout", "1s", "--server", &server];
    let finished = Environment::new().run(&list);
    assert_eq!(finished.code, 1, "{finished}");
    let cause = format!("the cluster at {server} does not answer");
    assert!(finished.stderr.contains(&cause), "{finished}");
}

#[test]
fn cache_dir_is_never_created() {
    let (environment, api) = (Environment::new(), cluster());
    let list = ["df", "list", "--cache-dir", "cache"];
    let list = [&list[..], &["--server", api.address()]].concat();
    let finished = environment.run(&list);
    assert_eq!(finished.code, 0, "{finished}");
    assert!(!environment.work().join("cache").exists());
}

/// Returns the long options in a list of options.
fn long_options(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(str::trim_start);
    lines
        .filter(|line| line.starts_with('-'))
        .filter_map(|line| line.split(' ').find(|word| word.starts_with("--")))
        .map(|word| {
            let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            word[..end.unwrap_or(word.len())].to_owned()
        })
        .collect()
}

#[test]
fn every_option_of_kubectl_exists_or_is_absent() {
    let environment = Environment::new();
    let theirs = environment.finish(kubectl().arg("options"));
    let theirs = long_options(&theirs.stdout);
    assert!(theirs.contains("--insecure-skip-tls-verify"), "{theirs:?}");
    let mut known = long_options(&environment.run(&["options"]).stdout);
    known.extend(long_options(&ABSENT.join("\n")));
    let unknown: Vec<&String> = theirs.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Removes what differs between runs from a log.
fn stable(environment: &Environment, api: &Api, finished: &Finished) -> String {
    let text = finished.stderr.replace(api.address(), "http://SERVER");
    let text = text.replace(&environment.work().display().to_string(), "WORK");
    let lines = text.lines().map(|line| {
        let line = match line.split_once("] ") {
            Some((head, rest)) if head.starts_with('I') => {
                let place = head.rsplit(' ').next().unwrap();
                format!("HEAD {place}] {rest}")
            }
            _ => line.to_owned(),
        };
        match line.split_once("milliseconds=") {
            Some((before, _)) => format!("{before}milliseconds=N"),
            None => line,
        }
    });
    let version = env!("CARGO_PKG_VERSION");
    let host = api.address().replace("http://", "");
    lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace(version, "VERSION")
        .replace(&host, "SERVER")
}

#[test]
fn requests_are_logged_as_in_kubectl() {
    let (environment, api) = (Environment::new(), cluster());
    let mut text = String::new();
    for level in ["5", "6", "7", "8", "9"] {
        let args = [
            "df",
            "backup",
            "orders",
            "-n",
            "shop",
            "--token",
            "hunter2",
            "--server",
            api.address(),
        ];
        let finished = environment.run(&[&args[..], &["-v", level]].concat());
        text.push_str(&format!(
            "-v={level}\n{}\n",
            stable(&environment, &api, &finished)
        ));
    }
    assert!(!text.contains("hunter2"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn debug_logs_requests() {
    let (environment, api) = (Environment::new(), cluster());
    let finished = environment.run(&["df", "list", "--debug", "--server", api.address()]);
    assert!(
        finished.stderr.contains("\"Response\" verb=\"GET\" url="),
        "{finished}"
    );
}

#[test]
fn warnings_as_errors_fails_after_work() {
    let (environment, api) = (Environment::new(), cluster());
    let list = ["df", "list", "-n", "shop", "--server", api.address()];
    let strict = [&list[..], &["--warnings-as-errors"]].concat();
    assert_eq!(environment.run(&strict).code, 0);
    api.warn("299 - \"the field is old\"");
    let finished = environment.run(&list);
    assert_eq!(
        (finished.code, finished.stderr.as_str()),
        (0, "Warning: the field is old\n")
    );
    let finished = environment.run(&strict);
    assert_eq!(finished.code, 1, "{finished}");
    assert_eq!(
        finished.stderr,
        "Warning: the field is old\nerror: 1 warning received\n"
    );
    assert!(finished.stdout.contains("orders"), "{finished}");
    let off = [&list[..], &["--warnings-as-errors=false"]].concat();
    assert_eq!(environment.run(&off).code, 0);
    api.warn("299 - \"a\", 299 - \"b\"");
    let finished = environment.run(&strict);
    assert!(
        finished.stderr.ends_with("error: 2 warnings received\n"),
        "{finished}"
    );
}

#[test]
fn other_options_of_kubectl_do_not_exist() {
    let environment = Environment::new();
    for option in ABSENT {
        let finished = environment.run(&["df", "list", option]);
        assert_eq!(finished.code, 2, "{finished}");
        let name = option.split('=').next().unwrap();
        assert!(
            finished
                .stderr
                .contains(&format!("unexpected argument '{name}'")),
            "{finished}"
        );
    }
}
