//! The way between one operator and the API server, cut at a chosen write.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use kube::Client;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::Cluster;

/// Where to cut, as seen from the API server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// The write never gets there.
    Before,
    /// The write is done; the answer never comes back.
    After,
}

/// Which writes to count. Two status writes may be one when the operator looks later, so that in a
/// common row no number would mean the same write each time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Row {
    /// Those to objects.
    Objects,
    /// Those to a status.
    Statuses,
}

/// A place in what an operator writes.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// In which row of writes.
    pub row: Row,
    /// Which of them, counted from 1; Leases and Events do not count.
    pub write: usize,
    /// On which side of it.
    pub when: When,
}

/// A proxy on a loopback port; dropped, it is gone.
#[derive(Debug)]
pub struct Proxy {
    folder: TempDir,
    reached: watch::Receiver<Option<String>>,
    task: JoinHandle<()>,
}

struct Cut {
    client: Client,
    point: Point,
    writes: Mutex<usize>,
    reached: watch::Sender<Option<String>>,
}

impl Proxy {
    /// Listens, and passes everything on to `cluster` up to `point`.
    pub async fn start(cluster: &Cluster, point: Point) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let folder = TempDir::new()?;
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "proxy",
            "clusters": [{"name": "proxy", "cluster": {"server": format!("http://{}", listener.local_addr()?)}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}],
            "users": [{"name": "proxy", "user": {}}],
        });
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig.to_string())?;
        let (sender, reached) = watch::channel(None);
        let cut = Cut {
            client: cluster.client().await?,
            point,
            writes: Mutex::new(0),
            reached: sender,
        };
        let router = Router::new().fallback(pass).with_state(Arc::new(cut));
        let task = tokio::spawn(async move {
            // It serves until it is aborted.
            drop(axum::serve(listener, router).await);
        });
        Ok(Self {
            folder,
            reached,
            task,
        })
    }

    /// The kubeconfig that leads through it.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Waits until the way is cut, and says at which write. Without such a write it waits for ever.
    pub async fn reached(&self) -> String {
        let mut reached = self.reached.clone();
        match reached.wait_for(Option::is_some).await {
            Ok(write) => write.clone().unwrap_or_default(),
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(cut): State<Arc<Cut>>, request: Request) -> Response {
    let Point {
        row,
        write: last,
        when,
    } = cut.point;
    let Some(write) = write(&request, row) else {
        return forward(&cut.client, request).await;
    };
    let number = cut.count();
    if number > last || (number == last && when == When::Before) {
        cut.here(&write).await;
    }
    let response = forward(&cut.client, request).await;
    if number == last {
        cut.here(&write).await;
    }
    response
}

impl Cut {
    fn count(&self) -> usize {
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        *writes += 1;
        *writes
    }

    /// Tells the test, and leaves the operator without an answer until it is killed.
    async fn here(&self, write: &str) -> ! {
        self.reached.send_if_modified(|reached| {
            let first = reached.is_none();
            reached.get_or_insert_with(|| write.to_owned());
            first
        });
        std::future::pending().await
    }
}

/// Method and object of a request that counts as a write.
fn write(request: &Request, row: Row) -> Option<String> {
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let path = Path::new(request.uri().path());
    let aside = path.iter().any(|part| part == "leases" || part == "events");
    let counts = path.ends_with("status") == (row == Row::Statuses);
    let object: PathBuf = path
        .iter()
        .skip_while(|part| *part != "namespaces")
        .skip(2)
        .collect();
    (!reads && !aside && counts).then(|| format!("{} {}", request.method(), object.display()))
}

async fn forward(client: &Client, request: Request) -> Response {
    match answer(client, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

async fn answer(client: &Client, request: Request) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    let body: Bytes = body.collect().await?.to_bytes();
    // These belong to one connection, not to the request.
    for hop in [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING] {
        parts.headers.remove(hop);
    }
    let request = Request::from_parts(parts, kube::client::Body::from(body));
    let mut response = client.send(request).await?.map(Body::new);
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    Ok(response)
}
