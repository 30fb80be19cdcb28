//! Polls the agents of all processes concurrently. An agent that does not respond makes no poll fail.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use agent::report::{FORMAT_VERSION, LiveReport, StoreReport};
use dataflow::label;
use futures::future::{join, join_all};
use gitops::selector;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, ResourceExt as _};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::dataflows::Scope;
use super::explain::ClusterError;
use super::session::Session;
use crate::duration::shown;
use crate::error::CommandError;
use crate::process_state::{Answer, GangState, Process, Stores};

/// The time limit of a whole poll, unless `--request-timeout` gives another.
const ANSWERS_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum number of concurrent requests.
const MAX_CONCURRENT: usize = 32;

/// Requests that share one deadline.
struct Poll {
    timeout: Duration,
    deadline: Instant,
    permits: Semaphore,
}

impl Poll {
    fn begin(timeout: Option<Duration>) -> Self {
        let timeout = timeout.unwrap_or(ANSWERS_TIMEOUT);
        Self {
            timeout,
            deadline: Instant::now() + timeout,
            permits: Semaphore::new(MAX_CONCURRENT),
        }
    }

    /// Returns the report, or why there is none: it is late, or a newer release wrote it.
    async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, CommandError>>,
        version: impl Fn(&T) -> u32,
    ) -> Answer<T> {
        let permitted = async {
            let _permit = self.permits.acquire().await;
            question.await
        };
        match timeout_at(self.deadline, permitted).await {
            Ok(Ok(answer)) if version(&answer) > FORMAT_VERSION => {
                Err("its agent is of a newer release".to_owned())
            }
            Ok(answer) => answer.map_err(|error| why(&error)),
            Err(_) => Err(format!("no response within {}", shown(self.timeout))),
        }
    }
}

/// Returns an error as one line.
pub(crate) fn why(error: &CommandError) -> String {
    let cause = error.causes.first().unwrap_or(&error.message);
    cause.lines().next().unwrap_or_default().to_owned()
}

impl Session {
    /// Polls all processes of a Dataflow for their state, and for their recovery store if it has one.
    ///
    /// # Errors
    /// The reason why the pods could not be listed.
    pub(crate) async fn live(
        &self,
        name: &str,
        has_store: bool,
        timeout: Option<Duration>,
    ) -> Answer<GangState> {
        let pods = self
            .processes(name)
            .await
            .map_err(|error| why(&error.into()))?;
        let poll = Poll::begin(timeout);
        let lives = pods.iter().map(|pod| async {
            let live = self.ask::<LiveReport>(pod, "/v1/live");
            Process {
                pod: pod.name_any(),
                live: poll.ask(live, |report| report.v).await,
            }
        });
        let stores = async {
            match has_store {
                true => Some(self.stores(&pods, &poll).await),
                false => None,
            }
        };
        let (processes, stores) = join(join_all(lives), stores).await;
        Ok(GangState { processes, stores })
    }

    /// Polls the processes of many Dataflows, each given by namespace and name, for their recovery stores.
    ///
    /// # Errors
    /// The reason why the pods could not be listed.
    pub(crate) async fn all_stores(
        &self,
        scope: Scope,
        flows: &[(String, String)],
        timeout: Option<Duration>,
    ) -> Answer<Vec<Stores>> {
        let pods = self
            .all_processes(scope)
            .await
            .map_err(|error| why(&error.into()))?;
        let mut of_flow: BTreeMap<(String, String), Vec<Pod>> = BTreeMap::new();
        for pod in pods {
            let flow = pod.labels().get(label::DATAFLOW_INFO).cloned();
            let flow = (
                pod.namespace().unwrap_or_default(),
                flow.unwrap_or_default(),
            );
            of_flow.entry(flow).or_default().push(pod);
        }
        let poll = Poll::begin(timeout);
        let asked = flows.iter().map(|flow| {
            let pods = of_flow.get(flow).map_or(&[][..], Vec::as_slice);
            self.stores(pods, &poll)
        });
        Ok(join_all(asked).await)
    }

    async fn stores(&self, pods: &[Pod], poll: &Poll) -> Stores {
        let asked = pods.iter().map(|pod| {
            let store = self.ask::<StoreReport>(pod, "/v1/store");
            poll.ask(store, |report| report.v)
        });
        Stores(join_all(asked).await)
    }

    async fn all_processes(&self, scope: Scope) -> Result<Vec<Pod>, ClusterError> {
        let api: Api<Pod> = match scope {
            Scope::Namespace => self.pod_api(),
            Scope::Cluster => Api::all(self.client.clone()),
        };
        let processes = ListParams::default().labels(&selector::processes());
        let list = api.list(&processes).await;
        let mut pods = list.map_err(self.failed("list pods"))?.items;
        pods.retain(|pod| pod.metadata.deletion_timestamp.is_none());
        Ok(pods)
    }
}
