//! Requests to the agents in the pods of a Dataflow, through the API server.
//!
//! A pod may contain any program, so an answer is bounded in size and time.

use std::time::Duration;

use agent::report::{BackupAnswer, BackupRequest, POD_HEADER, PointsReport};
use gitops::selector;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::explain::ClusterError;
use super::session::Session;
use crate::duration::shown;
use crate::error::CommandError;

/// The maximum size of an agent's response, 16 MiB.
const MAX_ANSWER: usize = 16 << 20;

/// The time limit for one response, 60 s. An agent that still copies answers after 20 s.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

impl Session {
    /// Returns the pods in which processes of a Dataflow run, process 0 first.
    ///
    /// # Errors
    /// What the API server answers.
    pub(crate) async fn processes(&self, name: &str) -> Result<Vec<Pod>, ClusterError> {
        let mut pods = self.pods(&selector::processes_of(name)).await?;
        pods.retain(|pod| pod.metadata.deletion_timestamp.is_none());
        pods.sort_by_key(|pod| {
            let name = pod.name_any();
            (name.len(), name)
        });
        Ok(pods)
    }

    /// Asks the agent to copy the partitions of its process.
    ///
    /// A repeated request with the same `id` copies nothing twice. A response without a time means that copying
    /// continues.
    ///
    /// # Errors
    /// The agent cannot be reached, refuses, or could not make the copies.
    pub(crate) async fn back_up(&self, pod: &Pod, id: &str) -> Result<BackupAnswer, CommandError> {
        let request = BackupRequest { id: id.to_owned() };
        let body = serde_json::to_vec(&request).expect("a request has only texts");
        let path = proxied(pod, "/v1/backup");
        let request = Request::post(path)
            .header(POD_HEADER, pod.uid().unwrap_or_default())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body));
        let answer: BackupAnswer = self.agent(pod, request, "copy its partitions").await?;
        match &answer.failure {
            None => Ok(answer),
            Some(why) => Err(CommandError::failure(format!(
                "the agent in pod `{}` cannot copy its partitions",
                pod.name_any()
            ))
            .because(why)),
        }
    }

    /// Asks one process for the restore points of its Dataflow.
    ///
    /// # Errors
    /// The agent cannot be reached, or the bucket cannot be read.
    pub(crate) async fn points(
        &self,
        pod: &Pod,
        most: usize,
    ) -> Result<PointsReport, CommandError> {
        let path = proxied(pod, &format!("/v1/backups?most={most}"));
        let request = Request::get(path).body(Body::empty());
        self.agent(pod, request, "list the restore points").await
    }

    /// Gets a report from the agent of a pod.
    ///
    /// # Errors
    /// The agent cannot be reached, or has no such report.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        pod: &Pod,
        path: &str,
    ) -> Result<T, CommandError> {
        let request = Request::get(proxied(pod, path)).body(Body::empty());
        self.agent(pod, request, "report its state").await
    }

    async fn agent<T: DeserializeOwned>(
        &self,
        pod: &Pod,
        request: Result<Request<Body>, http::Error>,
        doing: &str,
    ) -> Result<T, CommandError> {
        self.agent_within(ANSWER_TIMEOUT, pod, request, doing).await
    }

    async fn agent_within<T: DeserializeOwned>(
        &self,
        limit: Duration,
        pod: &Pod,
        request: Result<Request<Body>, http::Error>,
        doing: &str,
    ) -> Result<T, CommandError> {
        let answer = self.answer(pod, request, doing);
        match timeout(limit, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(CommandError::failure(format!(
                "the agent in pod `{}` cannot {doing}",
                pod.name_any()
            ))
            .because(format!("no response within {}", shown(limit)))),
        }
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        pod: &Pod,
        request: Result<Request<Body>, http::Error>,
        doing: &str,
    ) -> Result<T, CommandError> {
        let name = pod.name_any();
        let failed = |why: String| {
            CommandError::failure(format!("the agent in pod `{name}` cannot {doing}")).because(why)
        };
        let request = request.map_err(|error| failed(error.to_string()))?;
        let answer = self.client.send(request).await;
        let answer = answer.map_err(self.failed(format!("query the agent in pod `{name}`")))?;
        let status = answer.status();
        let text = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let text = text
            .map_err(|error| failed(unreadable(error.as_ref())))?
            .to_bytes();
        match serde_json::from_slice(&text) {
            Ok(answer) if status.is_success() || status == StatusCode::BAD_GATEWAY => Ok(answer),
            _ => match serde_json::from_slice::<Status>(&text) {
                // The API server itself refused: a permission is missing, or the pod cannot be reached.
                Ok(refusal) if !refusal.message.is_empty() => {
                    let doing = format!("query the agent in pod `{name}`");
                    Err(self.failed(doing)(kube::Error::Api(Box::new(refusal))).into())
                }
                _ => {
                    let text = String::from_utf8_lossy(&text);
                    Err(failed(format!("{status}: {}", text.trim())))
                }
            },
        }
    }
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> String {
    if error.is::<LengthLimitError>() {
        format!("its response is larger than {} MiB", MAX_ANSWER >> 20)
    } else {
        error.to_string()
    }
}

/// Returns the path of the agent's API in the API server's pod proxy.
fn proxied(pod: &Pod, path: &str) -> String {
    let containers = pod.spec.iter().flat_map(|spec| {
        let sidecars = spec.init_containers.iter().flatten();
        sidecars.chain(&spec.containers)
    });
    let ports = containers.flat_map(|container| container.ports.iter().flatten());
    let port = ports
        .filter(|port| port.name.as_deref() == Some("api"))
        .map(|port| port.container_port)
        .next();
    format!(
        "/api/v1/namespaces/{}/pods/{}:{}/proxy{path}",
        pod.namespace().unwrap_or_default(),
        pod.name_any(),
        port.unwrap_or(3030)
    )
}

#[cfg(test)]
mod tests;
