//! One request and its response: credentials are added, warnings are shown, `-v` is logged, and the text of an error is
//! bounded.
//!
//! This is the innermost layer of the client, as in client-go: it sees every attempt and all headers.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Instant;

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt, stream};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, BodyStream, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use kube::client::Body;
use thiserror::Error;
use tower::{BoxError, Service};

use super::credentials::Credentials;
use crate::ui::{trace, warnings};

mod log;

pub(super) use log::{files_loaded, without_user as address};

/// The maximum size of the body of an error, 1 MiB.
const MAX_ERROR: usize = 1 << 20;

/// The maximum size of a body that is logged, 16 MiB. A larger one is passed on as it arrives.
const MAX_LOGGED: usize = 16 << 20;

/// A response is larger than is read of it.
#[derive(Debug, Error)]
#[error("the response is larger than {} MiB", MAX_ERROR >> 20)]
pub(super) struct TooLarge;

/// The name of this program in requests.
const AGENT: &str = concat!("kubectl-waxctl/", env!("CARGO_PKG_VERSION"));

/// A service that sends requests, with what is added to them.
#[derive(Clone)]
pub(super) struct Exchange<S> {
    http: S,
    credentials: Credentials,
}

/// The body of a response.
pub(super) type Answer = UnsyncBoxBody<Bytes, BoxError>;

impl<S> Exchange<S> {
    /// Wraps a client of HTTP.
    pub(super) fn new(http: S, credentials: Credentials) -> Self {
        Self { http, credentials }
    }
}

impl<S> Service<Request<Body>> for Exchange<S>
where
    S: Service<Request<Body>, Response = Response<Incoming>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
{
    type Response = Response<Answer>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Answer>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The service that is ready sends the request; its clone takes its place.
        let clone = self.http.clone();
        let http = std::mem::replace(&mut self.http, clone);
        exchange(http, self.credentials.clone(), request).boxed()
    }
}

async fn exchange<S>(
    mut http: S,
    credentials: Credentials,
    mut request: Request<Body>,
) -> Result<Response<Answer>, BoxError>
where
    S: Service<Request<Body>, Response = Response<Incoming>>,
    S::Error: Into<BoxError>,
{
    if let Some(value) = credentials.header().await? {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let agent = HeaderValue::from_static(AGENT);
    request.headers_mut().entry(USER_AGENT).or_insert(agent);
    let level = trace::level();
    let event = (level >= log::FIRST_LEVEL).then(|| log::Event::of(&request, level));
    if let Some(event) = &event {
        event.request(request.headers());
        // Only the copy of the body may be held while this waits.
        let body = request
            .body()
            .try_clone()
            .filter(|_| level >= log::BODY_LEVEL);
        if let Some(body) = body {
            event.body("Request Body", &body.collect_bytes().await?);
        }
    }
    let begun = Instant::now();
    let answer = http.call(request).await.map_err(Into::into);
    let elapsed = begun.elapsed();
    if let Some(event) = &event {
        let head = answer
            .as_ref()
            .ok()
            .map(|answer| (answer.status(), answer.headers()));
        event.response(head, elapsed);
    }
    let answer = answer?;
    show_warnings(answer.headers());
    if answer.status() == StatusCode::UNAUTHORIZED {
        credentials.refused().await;
    }
    let body_is_logged = event.as_ref().is_some_and(log::Event::logs_body);
    if answer.status().as_u16() < 400 && !body_is_logged {
        return Ok(answer.map(|body| body.map_err(BoxError::from).boxed_unsync()));
    }
    let failed = answer.status().as_u16() >= 400;
    let (head, body) = answer.into_parts();
    let (bytes, rest) = if failed {
        let body = Limited::new(body, MAX_ERROR).collect().await;
        (body.map_err(too_large)?.to_bytes(), None)
    } else {
        read_ahead(body).await?
    };
    if let Some(event) = event.filter(log::Event::logs_body) {
        match rest {
            None => event.body("Response Body", &bytes),
            Some(_) => event.body("Response Body", b"[more than 16 MiB]"),
        }
    }
    Ok(Response::from_parts(head, whole(bytes, rest)))
}

/// Returns a body of which the beginning was read.
fn whole(bytes: Bytes, rest: Option<Incoming>) -> Answer {
    let Some(rest) = rest else {
        let body = Full::new(bytes).map_err(|never: Infallible| -> BoxError { match never {} });
        return body.boxed_unsync();
    };
    let first = stream::once(async move { Ok(Frame::data(bytes)) });
    let rest = TryStreamExt::map_err(BodyStream::new(rest), BoxError::from);
    StreamBody::new(first.chain(rest)).boxed_unsync()
}

/// Reads a body to its end, or to the size that is logged; then the rest of it is returned, too.
async fn read_ahead(mut body: Incoming) -> Result<(Bytes, Option<Incoming>), hyper::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() > MAX_LOGGED {
            return Ok((bytes.into(), Some(body)));
        }
    }
    Ok((bytes.into(), None))
}

fn too_large(error: BoxError) -> BoxError {
    match error.is::<LengthLimitError>() {
        true => TooLarge.into(),
        false => error,
    }
}

/// Shows the warnings in the headers of a response (RFC 7234, code 299, as Kubernetes writes them).
fn show_warnings(headers: &HeaderMap) {
    for value in headers.get_all(http::header::WARNING) {
        let text = String::from_utf8_lossy(value.as_bytes());
        for text in parse_warnings(&text) {
            warnings::api_warning(&text);
        }
    }
}

/// Returns the texts of `299 AGENT "TEXT"`; several may be separated by commas.
fn parse_warnings(value: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = value.trim_start();
    while let Some((code, after)) = rest.split_once(' ') {
        let Some((_, after)) = after.trim_start().split_once(' ') else {
            break;
        };
        let Some((text, after)) = quoted(after.trim_start()) else {
            break;
        };
        if code == "299" && !text.is_empty() {
            texts.push(text);
        }
        let Some((_, after)) = after.split_once(',') else {
            break;
        };
        rest = after.trim_start();
    }
    texts
}

/// Reads a quoted text, in which `\` quotes one character; returns what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.char_indices();
    let mut out = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 2..])),
            '\\' => out.push(chars.next()?.1),
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::one(r#"299 - "unknown field \"spec.x\"""#, &["unknown field \"spec.x\""])]
    #[case::two(r#"299 - "a, b", 299 - "c""#, &["a, b", "c"])]
    #[case::date(r#"299 - "a" "Wed, 21 Oct 2015 07:28:00 GMT", 299 k8s "b""#, &["a"])]
    #[case::other_code(r#"199 - "a""#, &[])]
    #[case::malformed("299 -", &[])]
    #[case::unclosed(r#"299 - "a"#, &[])]
    fn warning_header_is_parsed(#[case] value: &str, #[case] expected: &[&str]) {
        assert_eq!(parse_warnings(value), expected);
    }
}
