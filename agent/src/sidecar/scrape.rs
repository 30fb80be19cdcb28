//! One request to the engine's own web server, or to another process's sidecar.

use std::io;

use axum::{
    body::{Body, Bytes},
    http::{Request, header, response::Parts},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The most bytes taken from the engine; a sidecar's memory is small.
const MOST_BYTES: usize = 16 << 20;

/// An answer like that of another server.
pub(super) fn answer(parts: &Parts, body: Vec<u8>) -> Response {
    let mut response = (parts.status, Body::from(body)).into_response();
    if let Some(content_type) = parts.headers.get(header::CONTENT_TYPE) {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type.clone());
    }
    response
}

/// Asks any server.
pub(super) async fn ask(host: &str, port: u16, path: &str) -> io::Result<(Parts, Bytes)> {
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    // It ends with its sender, when this function is left or given up.
    drop(tokio::spawn(connection));
    let request = Request::get(path)
        .header(header::HOST, host)
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let (parts, body) = sender
        .send_request(request)
        .await
        .map_err(io::Error::other)?
        .into_parts();
    let body = Limited::new(body, MOST_BYTES)
        .collect()
        .await
        .map_err(io::Error::other)?
        .to_bytes();
    Ok((parts, body))
}
