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
    /// All of them.
    Every,
}

/// A place in what an operator writes.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// In which row of writes.
    pub row: Row,
    /// Which of them, counted from 1; Leases and Events do not count, and but for [`Row::Every`] nor
    /// do conflicts before it.
    pub write: usize,
    /// On which side of it.
    pub when: When,
}

/// A proxy on a loopback port; dropped, it is gone.
#[derive(Debug)]
pub struct Proxy {
    folder: TempDir,
    reached: watch::Receiver<Option<Reached>>,
    task: JoinHandle<()>,
}

/// Where the way was cut.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reached {
    /// Method and object of the write.
    pub write: String,
    /// Which of the operator's writes it was, counted from 1.
    pub number: usize,
    /// On which side of it.
    pub when: When,
    /// What the API server said of it, if it got there.
    pub answer: Option<u16>,
}

/// Where to cut.
#[derive(Clone, Debug)]
enum Plan {
    At(Point),
    /// At one write of all: after it if it is this one, before it otherwise.
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
    /// Listens, and passes everything on to `cluster` up to `point`.
    pub async fn start(cluster: &Cluster, point: Point) -> Result<Self> {
        Self::listen(cluster, Plan::At(point)).await
    }

    /// Listens for the operator that comes after one that died before a write, and cuts at the same
    /// place. If it is the same write there, it gets to `cluster`, without its answer; another one
    /// does not.
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

    /// The kubeconfig that leads through it.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Waits until the way is cut, and says at which write. Without such a write it waits for ever.
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
        // Cut already, or about to be.
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

    /// The point to cut at, when the next write is `write`.
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

    /// Does not count a write that changed nothing and is repeated, so that the same number means the
    /// same write in the life of each operator. The one to cut at has been counted for good, and all after it wait.
    fn take_back(&self, last: usize) {
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        if *writes < last {
            *writes -= 1;
        }
    }

    /// Tells the test, and leaves the operator without an answer until it is killed.
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

/// Method and object of a request that counts as a write.
fn write(request: &Request, row: Row) -> Option<String> {
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let path = Path::new(request.uri().path());
    // What is said to an agent is no write of the cluster.
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
