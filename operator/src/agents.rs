//! Asks the agents in the pods what no object says.

use std::time::Duration;

use agent::report::{LiveReport, Phase};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use k8s_openapi::api::core::v1::Pod;
use kube::{Client, ResourceExt};

use crate::observed::Live;

/// How long one agent may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 16 * 1024;

/// How to get to the agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Reach {
    /// By the pod's address: from inside the cluster.
    PodIp,
    /// Through the API server: from anywhere.
    Proxy,
}

/// Whom to ask, and how.
#[derive(Clone)]
pub struct Agents {
    reach: Reach,
    client: Client,
    http: HttpClient<HttpConnector, Empty<Bytes>>,
}

impl Agents {
    /// Makes one.
    #[must_use]
    pub fn new(reach: Reach, client: Client) -> Self {
        Self {
            reach,
            client,
            http: HttpClient::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// Asks every pod at once; silence and nonsense are `None`.
    pub async fn ask(&self, pods: &[impl AsRef<Pod>], port: i32) -> Vec<Option<Live>> {
        let questions = pods.iter().map(|pod| async {
            let answer = tokio::time::timeout(PATIENCE, self.live(pod.as_ref(), port)).await;
            let report: LiveReport = serde_json::from_slice(&answer.ok()??).ok()?;
            Some(Live {
                start: report.start,
                ended: report.phase == Phase::Ended,
            })
        });
        futures::future::join_all(questions).await
    }

    async fn live(&self, pod: &Pod, port: i32) -> Option<Vec<u8>> {
        match self.reach {
            Reach::Proxy => {
                let path = format!(
                    "/api/v1/namespaces/{}/pods/{}:{port}/proxy/v1/live",
                    pod.namespace()?,
                    pod.name_any(),
                );
                let request = http::Request::get(path).body(Vec::new()).ok()?;
                self.client
                    .request_text(request)
                    .await
                    .ok()
                    .map(String::into_bytes)
            }
            Reach::PodIp => {
                let ip = pod.status.as_ref()?.pod_ip.clone()?;
                // An IPv6 address stands in brackets before a port.
                let host = if ip.contains(':') {
                    format!("[{ip}]")
                } else {
                    ip
                };
                let uri = format!("http://{host}:{port}/v1/live").parse().ok()?;
                let body = self.http.get(uri).await.ok()?.into_body();
                let bytes = Limited::new(body, LARGEST).collect().await.ok()?.to_bytes();
                Some(bytes.to_vec())
            }
        }
    }
}
