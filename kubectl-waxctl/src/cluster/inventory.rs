//! Reads objects, reports and logs for a support bundle. What cannot be read has a reason, and makes nothing fail.

use std::future::Future;
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{Api, DynamicObject, ListParams, LogParams};
use kube::core::ApiResource;
use serde_json::Value;
use tokio::time::timeout;

use super::dataflows::{CHUNK_SIZE, found};
use super::process_state::why;
use super::session::Session;
use crate::process_state::Answer;

/// The time limit for one list, object, report or log.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest part of one log that is read, 1 MiB.
const LOG_BYTES: i64 = 1 << 20;

/// A container whose log is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogOf<'a> {
    /// Name of its pod.
    pub(crate) pod: &'a str,
    /// Its name.
    pub(crate) container: &'a str,
    /// Whether to read what it wrote before its last restart.
    pub(crate) previous: bool,
    /// Number of lines.
    pub(crate) lines: u32,
}

impl Session {
    /// Returns the version of the API server.
    ///
    /// # Errors
    /// Why it is not known.
    pub(crate) async fn server_version(&self) -> Answer<Value> {
        let version = in_time(async {
            let version = self.client.apiserver_version().await;
            version.map_err(|error| self.reason("get the version of the cluster", error))
        });
        Ok(serde_json::to_value(version.await?).unwrap_or_default())
    }

    /// Returns the objects of a kind that `labels` select, with their kind.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub(crate) async fn objects_of<K>(&self, labels: &str) -> Answer<Vec<Value>>
    where
        K: kube::Resource<DynamicType = ()>,
    {
        let resource = ApiResource::erase::<K>(&());
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), self.namespace(), &resource);
        let params = ListParams::default().labels(labels).limit(CHUNK_SIZE);
        let doing = format!("list {}", resource.plural);
        let listed = in_time(async {
            let listed = self.list_of(&api, params, &doing).await;
            listed.map_err(|error| why(&error.into()))
        });
        let listed = listed.await?;
        let with_kind = |object: &DynamicObject| {
            let mut value = serde_json::to_value(object).unwrap_or_default();
            value["apiVersion"] = resource.api_version.clone().into();
            value["kind"] = resource.kind.clone().into();
            value
        };
        Ok(listed.objects.iter().map(with_kind).collect())
    }

    /// Returns a Deployment; `None` if there is none of that name.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) async fn deployment(&self, name: &str) -> Answer<Option<Value>> {
        let api: Api<Deployment> = Api::namespaced(self.client.clone(), self.namespace());
        let deployment = in_time(async {
            let deployment = found(api.get(name).await);
            deployment.map_err(|error| self.reason(&format!("get deployment `{name}`"), error))
        });
        let deployment = deployment.await?;
        Ok(deployment.map(|deployment| serde_json::to_value(deployment).unwrap_or_default()))
    }

    /// Returns a report of the agent in a pod.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn report(&self, pod: &Pod, path: &str) -> Answer<Value> {
        let question = self.ask::<Value>(pod, path);
        match timeout(ANSWER_TIMEOUT, question).await {
            Ok(answer) => answer.map_err(|error| why(&error)),
            Err(_) => Err(late(&pod.name_any())),
        }
    }

    /// Returns the last lines of a log.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub(crate) async fn log_text(&self, log: LogOf<'_>) -> Answer<String> {
        let params = LogParams {
            container: Some(log.container.to_owned()),
            previous: log.previous,
            tail_lines: Some(log.lines.into()),
            limit_bytes: Some(LOG_BYTES),
            timestamps: true,
            ..LogParams::default()
        };
        let read = async {
            let lines = self.log(log.pod, &params).await;
            let lines = lines.map_err(|error| self.reason("read the log", error))?;
            let lines: Vec<_> = lines.filter_map(async |line| line.ok()).collect().await;
            Ok(lines.iter().map(|line| format!("{line}\n")).collect())
        };
        match timeout(ANSWER_TIMEOUT, read).await {
            Ok(text) => text,
            Err(_) => Err(late(log.pod)),
        }
    }

    fn reason(&self, doing: &str, error: kube::Error) -> String {
        why(&self.failed(doing)(error).into())
    }
}

/// Returns an answer of the API server, or that there is none in time.
///
/// # Errors
/// The reason why there is none.
pub(crate) async fn in_time<T>(answer: impl Future<Output = Answer<T>>) -> Answer<T> {
    match timeout(ANSWER_TIMEOUT, answer).await {
        Ok(answer) => answer,
        Err(_) => {
            let limit = ANSWER_TIMEOUT.as_secs();
            Err(format!("no response of the API server within {limit} s"))
        }
    }
}

fn late(pod: &str) -> String {
    let limit = ANSWER_TIMEOUT.as_secs();
    format!("no response of pod `{pod}` within {limit} s")
}
