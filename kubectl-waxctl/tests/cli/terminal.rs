//! Tests that text of a cluster cannot steer the terminal, and that it has bounds.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;

use serde_json::json;

use crate::delete::{FLOW, cluster};
use crate::environment::Environment;
use crate::get;

/// Sets the window's title, clears the screen, and turns the direction of text.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}txt\r";

/// Whether a text contains what would steer a terminal.
fn steers(text: &str) -> bool {
    let harmless = |c: char| c == '\n' || c == '\t' || !c.is_control();
    !text.chars().all(harmless) || text.contains('\u{202e}')
}

#[test]
fn status_of_flow_cannot_steer_terminal() {
    let (environment, api) = (Environment::new(), cluster());
    let mut flow = api.at(FLOW);
    flow["status"]["phase"] = EVIL.into();
    flow["status"]["conditions"] = json!([{
        "type": "Stalled", "status": "True", "reason": EVIL, "message": EVIL,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }]);
    api.put(FLOW, flow);
    let place = ["-n", "shop", "--server", api.address()];
    for verb in [
        &["df", "list"][..],
        &["df", "list", "-o", "wide"],
        &["df", "get", "orders"],
        &["df", "delete", "orders"],
        &["df", "wait", "orders", "--timeout", "1s"],
    ] {
        let finished = environment.run(&[verb, &place].concat());
        assert!(!steers(&finished.to_string()), "{verb:?}: {finished}");
    }
}

#[test]
fn document_in_file_keeps_every_character() {
    let (environment, api) = (Environment::new(), cluster());
    let mut flow = api.at(FLOW);
    flow["status"]["phase"] = "\u{202e}txt".into();
    api.put(FLOW, flow);
    let place = ["-n", "shop", "--server", api.address()];
    let finished = environment.run(&[&["df", "get", "orders", "-o", "json"][..], &place].concat());
    assert!(finished.stdout.contains("\u{202e}txt"), "{finished}");
}

#[test]
fn warnings_of_server_are_clean_and_shown_once() {
    let (environment, api) = (Environment::new(), cluster());
    api.warn("299 - \"old \u{202e}field\", 299 - \"b\"");
    let place = ["-n", "shop", "--server", api.address()];
    let finished = environment.run(
        &[
            &["df", "reset-state", "orders", "--force", "--yes"][..],
            &place,
        ]
        .concat(),
    );
    assert_eq!(finished.code, 0, "{finished}");
    let shown = "Warning: old \\u202efield\nWarning: b\n";
    assert!(finished.stderr.starts_with(shown), "{finished}");
    assert_eq!(
        finished.stderr.matches("Warning: ").count(),
        2,
        "{finished}"
    );
}

#[test]
fn large_answer_of_agent_is_refused() {
    let api = get::cluster();
    let agent = "/api/v1/namespaces/shop/pods/orders-0:3030/proxy/v1/live";
    api.put(agent, "7".repeat(17 << 20).into());
    let place = ["-n", "shop", "--server", api.address()];
    // With a log of bodies, a body is read ahead.
    for log in [&["--v=5"][..], &["--v=8"]] {
        let finished = Environment::new().run(&[&["df", "get", "orders"], log, &place].concat());
        assert_eq!(finished.code, 0, "{}", finished.stdout);
        let reason = "its response is larger than 16 MiB";
        assert!(finished.stdout.contains(reason), "{}", finished.stdout);
        assert!(finished.stderr.len() < 100_000, "{}", finished.stderr.len());
    }
}

/// Starts a server that answers every request with this status and an endless body.
fn endless(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n\r\n");
            connection.write_all(head.as_bytes()).unwrap();
            while connection.write_all(&[b'x'; 65536]).is_ok() {}
        }
    });
    address
}

#[test]
fn endless_error_of_server_ends() {
    let environment = Environment::new();
    let server = endless("500 Internal Server Error");
    let finished = environment.run(&["df", "list", "--server", &server]);
    assert_eq!(finished.code, 1, "{finished}");
    assert!(
        finished.stderr.len() < 10_000,
        "{} bytes",
        finished.stderr.len()
    );
}
