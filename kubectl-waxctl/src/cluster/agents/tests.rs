//! Tests the bounds of an agent's answer with servers that send too much, too slowly, or nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::access::Access;

/// Long enough for a whole answer, and never over in a test that passes.
const LONG: Duration = Duration::from_secs(60);

/// Starts a server that answers each request in this way, until the client closes the connection.
fn serve(answer: fn(&mut TcpStream) -> std::io::Result<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
            while lines
                .next()
                .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
            {}
            // The client goes away when the bound is reached.
            answer(&mut connection).ok();
            // Holds the connection open until then.
            lines.next();
        }
    });
    address
}

fn endless(connection: &mut TcpStream, status: &str) -> std::io::Result<()> {
    write!(
        connection,
        "HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )?;
    let chunk = format!("10000\r\n{}\r\n", "7".repeat(0x10000));
    loop {
        connection.write_all(chunk.as_bytes())?;
    }
}

/// Asks an agent at an address; returns the error as one text.
async fn refused(address: String, limit: Duration) -> String {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    std::fs::write(&kubeconfig, "{}").unwrap();
    let access = Access {
        server: Some(address),
        kubeconfig: Some(kubeconfig),
        ..Access::default()
    };
    let session = Session::connect(&access).await.unwrap();
    let metadata = json!({"name": "orders-0", "namespace": "shop"});
    let pod: Pod = serde_json::from_value(json!({ "metadata": metadata })).unwrap();
    let request = Request::get(proxied(&pod, "/v1/live")).body(Body::empty());
    let answer = session.agent_within::<Value>(limit, &pod, request, "report its state");
    let error = answer.await.unwrap_err();
    [&[error.message][..], &error.causes].concat().join("\n")
}

#[tokio::test]
async fn endless_answer_ends_at_its_bound() {
    let address = serve(|connection| endless(connection, "200 OK"));
    let error = refused(address, LONG).await;
    assert!(
        error.contains("its response is larger than 16 MiB"),
        "{error}"
    );
}

#[tokio::test]
async fn endless_refusal_ends_at_its_bound() {
    let address = serve(|connection| endless(connection, "500 Internal Server Error"));
    let error = refused(address, LONG).await;
    assert!(error.contains("is larger than 1 MiB"), "{error}");
    assert!(!error.contains("does not answer"), "{error}");
}

#[tokio::test]
async fn silent_agent_is_left_after_time_limit() {
    let nothing = serve(|_| Ok(()));
    let half = serve(|connection| {
        write!(
            connection,
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{{\"v\":"
        )
    });
    for address in [nothing, half] {
        let error = refused(address, Duration::from_millis(50)).await;
        assert!(error.contains("no response within 50ms"), "{error}");
    }
}
