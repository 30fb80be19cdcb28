//! Reads the graph of a running flow from its agents. No code of the flow is run here.

use std::time::Duration;

use gitops::graph::Graph;
use kube::ResourceExt as _;
use serde_json::Value;
use tokio::time::timeout;

use super::session::Session;
use crate::error::CommandError;

/// The time limit for one process: a request to an engine that is just being replaced can remain without an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

impl Session {
    /// Returns the graph that the engine of a Dataflow has loaded.
    ///
    /// # Errors
    /// No process runs or has loaded its code, or no agent can be reached.
    pub(crate) async fn graph(&self, name: &str) -> Result<Graph, CommandError> {
        let cannot =
            || CommandError::failure(format!("cannot show the graph of dataflow `{name}`"));
        let namespace = self.namespace();
        let mut last = None;
        for pod in self.processes(name).await? {
            let question = self.ask::<Value>(&pod, "/dataflow");
            let answer = timeout(ANSWER_TIMEOUT, question).await;
            let late = || {
                let limit = ANSWER_TIMEOUT.as_secs();
                CommandError::failure(format!(
                    "`{}` does not answer within {limit} s",
                    pod.name_any()
                ))
            };
            match answer.unwrap_or_else(|_| Err(late())) {
                Ok(description) => {
                    return Graph::read(&description).map_err(|error| {
                        cannot()
                            .because("its engine describes it in an unknown form")
                            .chain(&error)
                    });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(match last {
            Some(error) => error
                .causes
                .iter()
                .fold(cannot().because(&error.message), CommandError::because)
                .hint(format!("waxctl df why {name} -n {namespace}")),
            None => cannot()
                .because("none of its processes runs")
                .hint(format!("waxctl df why {name} -n {namespace}")),
        })
    }
}
