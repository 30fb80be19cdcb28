//! HTTP client of the agents: requests facts about the processes that no API object contains.

use std::time::Duration;

use agent::report::{
    BackupAnswer as Answer, BackupRequest, BackupStatusReport, LiveReport, POD_HEADER,
    ProcessPhase, StoreReport,
};
use dataflow::steps::Kept;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use k8s_openapi::api::core::v1::Pod;
use kube::client::Body;
use kube::{Client, ResourceExt};
use serde::de::DeserializeOwned;
use store::partition::PartitionFacts;
use store::resume::{self, Resumed};

use crate::observed::{BackupAnswer, ProcessReport, Waits};

/// Time limit of one request to an agent.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Largest response body that is read, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Network path to the agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Reach {
    /// Connect to the pod's address; works only inside the cluster
    PodIp,
    /// Connect through the API server; works from anywhere
    Proxy,
}

/// Client of the agents of all pods.
#[derive(Clone)]
pub(crate) struct Agents {
    reach: Reach,
    client: Client,
    http: HttpClient<HttpConnector, Full<Bytes>>,
}

impl Agents {
    /// Creates a client that uses one network path.
    #[must_use]
    pub(crate) fn new(reach: Reach, client: Client) -> Self {
        Self {
            reach,
            client,
            http: HttpClient::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// Requests the process state from all pods at the same time.
    ///
    /// `None` stands for an agent that does not answer in time, or whose answer cannot be read.
    pub(crate) async fn process_reports(
        &self,
        pods: &[impl AsRef<Pod>],
        port: i32,
    ) -> Vec<Option<ProcessReport>> {
        self.all(pods, port, "/v1/live", |report: LiveReport| ProcessReport {
            start: report.start,
            ended: report.phase == ProcessPhase::Ended,
            running: report.phase == ProcessPhase::Running,
            formed: report.formed,
            process: report.process,
            waits: report.wait_reason.map(|reason| Waits {
                reason,
                overdue: report.overdue,
            }),
        })
        .await
    }

    /// Requests from all pods at the same time which steps have state on their volumes.
    pub(crate) async fn stored_steps(
        &self,
        pods: &[impl AsRef<Pod>],
        port: i32,
    ) -> Vec<Option<Kept>> {
        self.all(pods, port, "/v1/store", |report: StoreReport| {
            let (windows, engine) = report
                .flow
                .map(|flow| (flow.windows, Some(flow.engine)))
                .unwrap_or_default();
            let steps = report
                .partitions
                .into_iter()
                .flat_map(|partition| partition.steps);
            Kept {
                steps: steps.collect(),
                windows,
                engine,
            }
        })
        .await
    }

    /// Requests the partition facts from all pods at the same time and computes where the engines of a
    /// start resumed.
    ///
    /// Returns `None` unless every pod reports all of its partitions.
    pub(crate) async fn resumed(
        &self,
        pods: &[impl AsRef<Pod>],
        port: i32,
        start: i64,
    ) -> Option<Resumed> {
        let facts = |report: StoreReport| -> Option<Vec<PartitionFacts>> {
            report
                .partitions
                .into_iter()
                .map(|partition| partition.facts)
                .collect()
        };
        let answers = self.all(pods, port, "/v1/store", facts).await;
        let all: Option<Vec<_>> = answers.into_iter().map(Option::flatten).collect();
        resume::resumed(&all?.concat(), u64::try_from(start).ok()?)
    }

    /// Requests the backup status from all pods at the same time.
    pub(crate) async fn backups(&self, pods: &[impl AsRef<Pod>], port: i32) -> Vec<BackupAnswer> {
        let read = |standing: BackupStatusReport| standing.backup;
        let answers = self.all(pods, port, "/v1/backup", read).await;
        let named = pods.iter().zip(answers).map(|(pod, report)| BackupAnswer {
            pod: pod.as_ref().name_any(),
            report,
        });
        named.collect()
    }

    async fn all<Report: DeserializeOwned, T>(
        &self,
        pods: &[impl AsRef<Pod>],
        port: i32,
        path: &str,
        read: impl Fn(Report) -> T,
    ) -> Vec<Option<T>> {
        let questions = pods.iter().map(|pod| async {
            let answer = tokio::time::timeout(TIMEOUT, self.get(pod.as_ref(), port, path)).await;
            let report = serde_json::from_slice(&answer.ok()??).ok()?;
            Some(read(report))
        });
        futures::future::join_all(questions).await
    }

    async fn get(&self, pod: &Pod, port: i32, path: &str) -> Option<Bytes> {
        let (status, text) = self.ask(pod, port, path, None).await?;
        status.is_success().then_some(text)
    }

    /// Requests a backup of the partitions from all pods at the same time, and waits for all of them.
    ///
    /// # Errors
    ///
    /// Returns the failure of the first pod, in the order of `pods`, that cannot make its backup.
    pub(crate) async fn back_up(
        &self,
        pods: &[impl AsRef<Pod>],
        port: i32,
        id: &str,
    ) -> Result<(), String> {
        let request = BackupRequest { id: id.to_owned() };
        let order = serde_json::to_vec(&request).map_err(|error| error.to_string())?;
        let orders = pods.iter().map(|pod| async {
            let pod = pod.as_ref();
            let made = self.copy(pod, port, &order).await;
            made.map_err(|why| format!("pod {}: {why}", pod.name_any()))
        });
        futures::future::join_all(orders)
            .await
            .into_iter()
            .collect()
    }

    /// Requests a backup from one pod, and repeats the request with the same id until the backup is done.
    async fn copy(&self, pod: &Pod, port: i32, order: &[u8]) -> Result<(), String> {
        loop {
            let answer = self.ask(pod, port, "/v1/backup", Some(order)).await;
            let (status, text) = answer.ok_or("the agent does not answer")?;
            match status {
                StatusCode::ACCEPTED => {}
                StatusCode::OK => return Ok(()),
                _ => {
                    let read = serde_json::from_slice::<Answer>(&text).ok();
                    let why = read.and_then(|answer| answer.failure);
                    return Err(why.unwrap_or_else(|| format!("the agent returned {status}")));
                }
            }
        }
    }

    /// Sends a GET without `body` and a POST with it.
    ///
    /// A POST carries the pod's UID, which only a client that can read the pod knows.
    async fn ask(
        &self,
        pod: &Pod,
        port: i32,
        path: &str,
        order: Option<&[u8]>,
    ) -> Option<(StatusCode, Bytes)> {
        let request = match order {
            None => http::Request::get(self.address(pod, port, path)?),
            Some(_) => http::Request::post(self.address(pod, port, path)?)
                .header(POD_HEADER, pod.uid()?)
                .header(CONTENT_TYPE, "application/json"),
        };
        let body = order.unwrap_or_default().to_vec();
        match self.reach {
            Reach::Proxy => {
                let request = request.body(Body::from(body)).ok()?;
                let answer = self.client.send(request).await.ok()?;
                let status = answer.status();
                Some((status, answer.into_body().collect_bytes().await.ok()?))
            }
            Reach::PodIp => {
                let request = request.body(Full::from(body)).ok()?;
                let answer = self.http.request(request).await.ok()?;
                let status = answer.status();
                let body = Limited::new(answer.into_body(), LARGEST);
                Some((status, body.collect().await.ok()?.to_bytes()))
            }
        }
    }

    fn address(&self, pod: &Pod, port: i32, path: &str) -> Option<String> {
        Some(match self.reach {
            Reach::Proxy => format!(
                "/api/v1/namespaces/{}/pods/{}:{port}/proxy{path}",
                pod.namespace()?,
                pod.name_any(),
            ),
            Reach::PodIp => {
                let ip = pod.status.as_ref()?.pod_ip.as_ref()?;
                // An IPv6 address is written in brackets before a port.
                match ip.contains(':') {
                    true => format!("http://[{ip}]:{port}{path}"),
                    false => format!("http://{ip}:{port}{path}"),
                }
            }
        })
    }
}
