//! A provider on a loopback address that answers whatever a test tells it to.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::signer::Signer;

pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";
pub(crate) const KEYS: &str = "/keys";
pub(crate) const INTROSPECTION: &str = "/introspect";
pub(crate) const USERINFO: &str = "/userinfo";

/// An answer.
#[derive(Clone)]
pub(crate) enum Reply {
    /// JSON with status 200.
    Json(Value),
    /// Any body with any status.
    Bytes(u16, Vec<u8>),
    /// Another address.
    Redirect(String),
    /// Nothing, for ever.
    Silence,
    /// The beginning of a body, then nothing for ever.
    Unfinished,
}

/// A request that has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

/// A provider.
pub(crate) struct Hostile {
    /// Its address, which is also its issuer.
    pub(crate) issuer: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    replies: Mutex<HashMap<String, Reply>>,
    seen: Mutex<Vec<Seen>>,
    /// Changes with each request.
    arrived: watch::Sender<usize>,
}

impl Hostile {
    /// Starts a provider that publishes one key.
    pub(crate) async fn start(key: &Signer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .fallback(reply)
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let provider = Self { issuer, shared };
        provider.set(DISCOVERY, Reply::Json(provider.discovery()));
        provider.publish(&[key]);
        provider
    }

    /// Returns its discovery document.
    pub(crate) fn discovery(&self) -> Value {
        let url = |path: &str| format!("{}{path}", self.issuer);
        json!({
            "issuer": self.issuer,
            "jwks_uri": url(KEYS),
            "introspection_endpoint": url(INTROSPECTION),
            "userinfo_endpoint": url(USERINFO),
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        })
    }

    /// Publishes these keys and no others.
    pub(crate) fn publish(&self, keys: &[&Signer]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        self.set(KEYS, Reply::Json(json!({"keys": keys})));
    }

    /// Sets the answer to all requests of a path.
    pub(crate) fn set(&self, path: &str, reply: Reply) {
        let mut replies = self.shared.replies.lock().unwrap();
        replies.insert(path.to_owned(), reply);
    }

    /// Returns the requests of a path.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        let seen = self.shared.seen.lock().unwrap();
        seen.iter()
            .filter(|seen| seen.path == path)
            .cloned()
            .collect()
    }

    /// Returns the number of requests of a path.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.seen(path).len()
    }

    /// Returns the number of all requests.
    pub(crate) fn count_all(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }

    /// Waits until a path was requested this many times.
    pub(crate) async fn wait_for(&self, path: &str, count: usize) {
        let mut arrived = self.shared.arrived.subscribe();
        let enough = |_: &usize| self.count(path) >= count;
        drop(arrived.wait_for(enough).await.unwrap());
    }
}

async fn reply(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorization = authorization.map(|value| value.to_str().unwrap().to_owned());
    let body = to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let reply = shared.replies.lock().unwrap().get(&path).cloned();
    shared.seen.lock().unwrap().push(Seen {
        path,
        authorization,
        body,
    });
    shared.arrived.send_modify(|count| *count += 1);
    match reply {
        Some(Reply::Json(value)) => Json(value).into_response(),
        Some(Reply::Bytes(status, body)) => {
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        Some(Reply::Redirect(address)) => {
            (StatusCode::FOUND, [(header::LOCATION, address)]).into_response()
        }
        Some(Reply::Silence) => std::future::pending().await,
        Some(Reply::Unfinished) => {
            let start = Bytes::from_static(b"{\"keys\":[");
            let start = stream::once(async { Ok::<_, Infallible>(start) });
            Body::from_stream(start.chain(stream::pending())).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
