//! Searches what programs write for those who look for a fault: traces of git, logs of requests, and OpenTelemetry.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;

use super::super::lab::{FLOW, Lab, Run};
use super::{password, silent, token};

/// Variables of git that name a file to which it writes.
const TRACES: [&str; 12] = [
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE2_PERF",
    "GIT_TRACE_CURL",
    "GIT_TRACE_PACKET",
    "GIT_TRACE_PACK_ACCESS",
    "GIT_TRACE_PACKFILE",
    "GIT_TRACE_PERFORMANCE",
    "GIT_TRACE_REFS",
    "GIT_TRACE_SETUP",
    "GIT_TRACE_SHALLOW",
];

/// Runs a command with every trace, and searches the traces and what the user sees.
fn traced(lab: &Lab, what: &str, mut command: Command) -> Run {
    std::fs::create_dir_all(lab.path("traces")).unwrap();
    for name in TRACES {
        command.env(name, lab.path("traces").join(name));
    }
    command
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .env("OTEL_TRACES_EXPORTER", "console")
        .env("OTEL_LOGS_EXPORTER", "console")
        .env("OTEL_LOG_LEVEL", "debug");
    let run = lab.run(command);
    silent(what, &run.shown());
    for entry in std::fs::read_dir(lab.path("traces")).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        silent(&format!("{} of {what}", path.display()), &text);
    }
    run
}

fn orders(lab: &Lab, more: &[&str]) -> Command {
    let orders = ["../orders.py", "--name", "orders", "--env", "prod"];
    lab.waxctl("repo", &[&orders[..], more].concat())
}

/// Starts a server that wants credentials for everything. Returns its address without a scheme.
fn server_with_credentials() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let head = BufReader::new(&stream).lines().map_while(Result::ok);
            head.take_while(|line| !line.is_empty()).for_each(drop);
            let answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
                          Content-Length: 0\r\nConnection: close\r\n\r\n";
            let _sent = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn traces_of_git_show_no_secret() {
    let lab = Lab::with_remote();
    let environment = |mut command: Command| {
        command
            .env("AWS_SECRET_ACCESS_KEY", password(1))
            .env("GITHUB_TOKEN", token(2));
        command
    };
    let pushed = environment(orders(&lab, &["-p", "2", "--push"]));
    assert_eq!(traced(&lab, "a push", pushed).code, Some(0));
    for name in ["GIT_TRACE", "GIT_TRACE2_EVENT"] {
        assert!(
            lab.read(&format!("traces/{name}")).contains("push"),
            "{name}"
        );
    }
    let flags = [
        ["-e".to_owned(), format!("DB_PASSWORD={}", password(3))],
        [
            "-m".to_owned(),
            format!("Log in with password {}", password(4)),
        ],
        ["--branch".to_owned(), format!("try-{}", token(5))],
        [
            "--image-repository".to_owned(),
            format!("app:{}@registry.shop.net/team/flow", password(6)),
        ],
    ];
    for [flag, value] in &flags {
        let refused = environment(orders(&lab, &["-p", "3", flag, value]));
        let run = traced(&lab, flag, refused);
        assert_ne!(run.code, Some(0), "{}", run.shown());
    }
    let marked = format!(
        "{FLOW}password = '{}'  # waxctl:allow-secret\n",
        password(7)
    );
    lab.write("orders.py", marked);
    let run = traced(&lab, "a marked secret", environment(orders(&lab, &[])));
    assert_eq!(run.code, Some(0), "{}", run.shown());
}

#[test]
fn traces_of_connection_show_no_credentials() {
    let lab = Lab::with_repository();
    let server = server_with_credentials();
    // The name of a user is no secret: git shows it in its trace of HTTP.
    let url = format!("http://ann:{}@{server}/x.git", password(2));
    let run = traced(&lab, "a fetch", orders(&lab, &["--repo", &url, "--push"]));
    assert_ne!(run.code, Some(0), "{}", run.shown());
    let sent = lab.read("traces/GIT_TRACE_CURL");
    assert!(sent.contains("Authorization: Basic"), "{sent}");
    let users = [
        format!("    token: {}\n", token(3)),
        format!("    username: ann\n    password: {}\n", password(4)),
    ];
    for user in users {
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- {{name: c, context: {{cluster: c, user: u}}}}\n\
             clusters:\n- {{name: c, cluster: {{server: 'http://{server}'}}}}\nusers:\n- name: u\n  user:\n{user}"
        );
        lab.write("kubeconfig", kubeconfig);
        let mut command = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), ".");
        command
            .args(["df", "list", "-v", "9"])
            .env("KUBECONFIG", lab.path("kubeconfig"));
        let run = traced(&lab, "requests with -v 9", command);
        assert!(run.err.contains("Authorization"), "{}", run.shown());
    }
}
