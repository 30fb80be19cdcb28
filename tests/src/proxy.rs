//! A proxy between one operator and the API server, which stops all traffic at a chosen write.
//!
//! It lets a test kill the operator at a defined point: before the API server gets a write ([`When::Before`]), or
//! after the API server has done it and before the operator gets the answer ([`When::After`]).
//!
//! Begin reading at `pass`, which handles one request.

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

/// On which side of a write the proxy stops.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// The write does not reach the API server.
    Before,
    /// The API server has done the write; its answer does not reach the operator.
    After,
}

/// The series of writes that is counted.
///
/// The operator may combine two status writes if it reconciles later. If objects and statuses were counted
/// together, a number would not mean the same write each time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Row {
    /// Writes to objects.
    Objects,
    /// Writes to a status subresource.
    Statuses,
    /// All writes.
    Every,
}

/// A point in the writes of an operator.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The series of writes.
    pub row: Row,
    /// Number of the write in this series, from 1. Leases and Events do not count. Earlier writes that ended
    /// with a conflict count only for [`Row::Every`].
    pub write: usize,
    /// On which side of the write the proxy stops.
    pub when: When,
}

/// A proxy on a loopback port. It ends when this value is dropped.
#[derive(Debug)]
pub struct Proxy {
    folder: TempDir,
    reached: watch::Receiver<Option<Reached>>,
    task: JoinHandle<()>,
}

/// The write at which the proxy has stopped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reached {
    /// Method and object of the write.
    pub write: String,
    /// Number of the write in its series, from 1.
    pub number: usize,
    /// On which side of the write the proxy has stopped.
    pub when: When,
    /// Status code of the API server's answer, if the write reached it.
    pub answer: Option<u16>,
}

/// The write at which the proxy is to stop.
#[derive(Clone, Debug)]
enum Plan {
    At(Point),
    /// Write number `write` of all writes: after it if it is `expected`, before it otherwise.
    After {
        expected: String,
        write: usize,
    },
}

struct Cut {
    client: Client,
    plan: Plan,
    writes: Mutex<usize>,
    reached: watch::Sender<Option<Reached>>,
}

impl Proxy {
    /// Listens, and forwards everything to `cluster` up to `point`.
    pub async fn start(cluster: &Cluster, point: Point) -> Result<Self> {
        Self::listen(cluster, Plan::At(point)).await
    }

    /// Listens for the operator that is started after one was killed before a write, and stops at the same
    /// number. If the write there is the same, `cluster` gets it, but the operator gets no answer. Another
    /// write does not reach `cluster`.
    pub async fn again(cluster: &Cluster, died: &Reached) -> Result<Self> {
        let plan = Plan::After {
            expected: died.write.clone(),
            write: died.number,
        };
        Self::listen(cluster, plan).await
    }

    async fn listen(cluster: &Cluster, plan: Plan) -> Result<Self> {
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
            plan,
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

    /// Returns the path of a kubeconfig whose server is the proxy.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Waits until the proxy has stopped, and returns at which write. If there is no such write, it waits forever.
    pub async fn reached(&self) -> Reached {
        let mut reached = self.reached.clone();
        let cut = reached.wait_for(Option::is_some).await;
        let cut = cut.ok().and_then(|cut| cut.clone());
        match cut {
            Some(cut) => cut,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(cut): State<Arc<Cut>>, request: Request) -> Response {
    let Some(write) = write(&request, cut.plan.row()) else {
        return forward(&cut.client, request).await;
    };
    let number = cut.count();
    let at = cut.plan.at(&write);
    if number > at.write {
        // The proxy has stopped, or is about to stop.
        std::future::pending::<()>().await;
    }
    if number == at.write && at.when == When::Before {
        cut.here(&write, number, When::Before, None).await;
    }
    let response = forward(&cut.client, request).await;
    if response.status() == StatusCode::CONFLICT && at.row != Row::Every {
        cut.take_back(at.write);
    }
    if number == at.write {
        let answer = Some(response.status().as_u16());
        cut.here(&write, number, When::After, answer).await;
    }
    response
}

impl Plan {
    fn row(&self) -> Row {
        match self {
            Self::At(point) => point.row,
            Self::After { .. } => Row::Every,
        }
    }

    /// Returns the point at which to stop if the next write is `write`.
    fn at(&self, write: &str) -> Point {
        match self {
            Self::At(point) => *point,
            Self::After {
                expected,
                write: number,
            } => Point {
                row: Row::Every,
                write: *number,
                when: if expected == write {
                    When::After
                } else {
                    When::Before
                },
            },
        }
    }
}

impl Cut {
    fn count(&self) -> usize {
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        *writes += 1;
        *writes
    }

    /// Takes a write that changed nothing and is repeated out of the count, so that the same number means the same
    /// write for each operator. Once write number `last` is counted, the count is no longer reduced: all later
    /// writes wait.
    fn take_back(&self, last: usize) {
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        if *writes < last {
            *writes -= 1;
        }
    }

    /// Reports the write to the test, and gives the operator no answer until it is killed.
    async fn here(&self, write: &str, number: usize, when: When, answer: Option<u16>) -> ! {
        self.reached.send_if_modified(|reached| {
            let first = reached.is_none();
            reached.get_or_insert_with(|| Reached {
                write: write.to_owned(),
                number,
                when,
                answer,
            });
            first
        });
        std::future::pending().await
    }
}

/// Returns method and object of a request, if it counts as a write of this series.
fn write(request: &Request, row: Row) -> Option<String> {
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let path = Path::new(request.uri().path());
    // A request to an agent through the API server's proxy changes nothing in the cluster.
    let aside = path.iter().any(|part| {
        ["leases", "events", "proxy"]
            .iter()
            .any(|name| part == *name)
    });
    let counts = match row {
        Row::Objects => !path.ends_with("status"),
        Row::Statuses => path.ends_with("status"),
        Row::Every => true,
    };
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
