//! One request to the engine's own web server.

use std::{io, net::Ipv4Addr};

use axum::{
    body::{Body, Bytes},
    http::{Request, header},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The most bytes taken from the engine; a sidecar's memory is small.
const MOST_BYTES: usize = 16 << 20;

/// Asks the engine and passes its answer on untouched.
pub(super) async fn get(port: u16, path: &str) -> io::Result<Response> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    // It ends with its sender, when this function is left or given up.
    drop(tokio::spawn(connection));
    let request = Request::get(path)
        .header(header::HOST, "127.0.0.1")
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
    let content_type = parts.headers.get(header::CONTENT_TYPE).cloned();
    let mut response = (parts.status, Body::from(body)).into_response();
    if let Some(content_type) = content_type {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
    }
    Ok(response)
}
