use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
};

use tempfile::TempDir;

use super::*;
use crate::state::RunDir;

fn identity(process: u32, processes: u32) -> ProcessIdentity {
    ProcessIdentity {
        name: "orders".into(),
        namespace: "shop".into(),
        process,
        processes,
        start: 7,
        revision: "3f2a90bc11".into(),
        process_port: 9999,
        engine_port: 3031,
        rendezvous_port: 3032,
        hosts: None,
    }
}

#[test]
fn not_ready_names_a_reason_in_every_phase() {
    let states = [
        (identity(0, 2), ProcessPhase::Starting, None, 0, false),
        (identity(0, 2), ProcessPhase::Running, None, 0, false),
        (identity(1, 3), ProcessPhase::Running, None, 1, false),
        (identity(1, 3), ProcessPhase::Running, None, 2, true),
        (identity(0, 1), ProcessPhase::Running, None, 0, false),
        (identity(0, 1), ProcessPhase::Running, None, 0, true),
        (identity(0, 1), ProcessPhase::Ended, Some(0), 0, false),
        (identity(0, 2), ProcessPhase::Failed, Some(137), 0, true),
    ];
    let answers: Vec<String> = states
        .into_iter()
        .map(|(identity, phase, code, peers, formed)| {
            let state = RunState::new(7, phase, code);
            let ready = ready_report(&identity, &state, Formation { peers, formed });
            let live = live_report(&identity, state, Formation { peers, formed });
            assert_eq!(ready.ready, live.formed);
            serde_json::to_string(&ready).unwrap()
        })
        .collect();
    insta::assert_snapshot!(answers.join("\n"), @r#"
    {"v":1,"ready":false,"reason":"waiting for the engine to be started"}
    {"v":1,"ready":false,"reason":"connected to 0 of 1 other processes"}
    {"v":1,"ready":false,"reason":"connected to 1 of 2 other processes"}
    {"v":1,"ready":true}
    {"v":1,"ready":false,"reason":"loading the dataflow: the engine does not serve its API yet"}
    {"v":1,"ready":true}
    {"v":1,"ready":false,"reason":"the dataflow has ended"}
    {"v":1,"ready":false,"reason":"the engine ended with exit code 137"}
    "#);
    let live = live_report(
        &identity(1, 3),
        RunState::new(7, ProcessPhase::Running, None),
        Formation {
            peers: 2,
            formed: true,
        },
    );
    insta::assert_snapshot!(serde_json::to_string(&live).unwrap(), @r#"{"v":1,"start":7,"revision":"3f2a90bc11","process":1,"processes":3,"phase":"running","formed":true,"peers":2,"exitCode":null}"#);
}

/// Serves on a free port in a thread of its own; returns the address.
fn serve(settings: SidecarSettings, scrape_limit: Duration) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let sidecar = Sidecar::new(settings, scrape_limit);
            axum::serve(TcpListener::from_std(listener).unwrap(), sidecar.router()).await
        })
    });
    address
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    format!("{} {}", head.split(' ').nth(1).unwrap(), body.trim_end())
}

fn settings(run_dir: &TempDir, engine_port: u16) -> SidecarSettings {
    SidecarSettings {
        identity: ProcessIdentity {
            engine_port,
            ..identity(0, 1)
        },
        api_port: 0,
        run_dir: run_dir.path().into(),
        proc_net: Path::new("/proc/net").into(),
        store: None,
        backup: None,
    }
}

#[test]
fn routes_answer_before_the_engine_starts() {
    let run_dir = TempDir::new().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = serve(settings(&run_dir, free), SCRAPE_LIMIT);
    let answers = [
        "/healthz",
        "/v1/ready",
        "/v1/live",
        "/dataflow",
        "/metrics",
        "/other",
    ]
    .map(|path| get(address, path))
    .join("\n");
    insta::assert_snapshot!(answers, @r#"
    200 ok
    503 {"v":1,"ready":false,"reason":"waiting for the engine to be started"}
    200 {"v":1,"start":7,"revision":"3f2a90bc11","process":0,"processes":1,"phase":"starting","formed":false,"peers":0,"exitCode":null}
    503 the engine has not written its graph yet
    503 cannot reach the engine: Connection refused (os error 111)
    404
    "#);
}

#[test]
fn hanging_engine_delays_only_the_scrape() {
    let run_dir = TempDir::new().unwrap();
    let engine = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = engine.local_addr().unwrap().port();
    let address = serve(settings(&run_dir, port), Duration::from_millis(200));
    RunDir::new(run_dir.path())
        .write(&RunState::new(7, ProcessPhase::Running, None))
        .unwrap();
    std::fs::write(run_dir.path().join("dataflow.json"), "{\"flow_id\":\"f\"}").unwrap();
    let scrape = std::thread::spawn(move || get(address, "/metrics"));
    assert_eq!(get(address, "/dataflow"), r#"200 {"flow_id":"f"}"#);
    assert_eq!(get(address, "/v1/ready"), r#"200 {"v":1,"ready":true}"#);
    assert_eq!(
        scrape.join().unwrap(),
        "504 the engine is too busy to answer"
    );
}

#[test]
fn engine_metrics_are_passed_on_unchanged() {
    let run_dir = TempDir::new().unwrap();
    let engine = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = engine.local_addr().unwrap().port();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = engine.accept().unwrap();
        let mut request = [0; 1000];
        let length = stream.read(&mut request).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 12\r\n\r\na{b=\"c\"} 1\n\n")
            .unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let mut stream = TcpStream::connect(serve(settings(&run_dir, port), SCRAPE_LIMIT)).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.ends_with("\r\n\r\na{b=\"c\"} 1\n\n"), "{text}");
    assert!(
        text.contains("content-type: text/plain; charset=utf-8\r\n"),
        "{text}"
    );
    assert!(
        served
            .join()
            .unwrap()
            .starts_with("GET /metrics HTTP/1.1\r\n")
    );
}
