//! The logs of the containers in pods.

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::ResourceExt as _;

use super::part::Part;
use crate::cluster::Session;
use crate::cluster::inventory::LogOf;

/// The maximum number of concurrent requests.
const MAX_CONCURRENT: usize = 8;

/// The largest number of pods whose logs are read.
const MAX_PODS: usize = 50;

/// Reads the logs of all containers that have started, also from before their last restart.
pub(super) async fn logs(session: &Session, pods: &[Pod], folder: &str, lines: u32) -> Vec<Part> {
    let of_pod = |pod: &Pod| {
        let name = pod.name_any();
        let logs = written(pod).into_iter();
        logs.map(move |(container, previous)| (name.clone(), container, previous))
    };
    let wanted: Vec<_> = pods.iter().take(MAX_PODS).flat_map(of_pod).collect();
    let read = wanted.iter().map(|(pod, container, previous)| async move {
        let log = LogOf {
            pod,
            container,
            previous: *previous,
            lines,
        };
        let (end, when) = match previous {
            true => (".previous", " before its last restart"),
            false => ("", ""),
        };
        Part::text_at(
            format!("{folder}/logs/{pod}/{container}{end}.log"),
            format!("log of container {container} in pod {pod}{when}"),
            session.log_text(log).await,
        )
    });
    let mut parts: Vec<_> = futures::stream::iter(read)
        .buffered(MAX_CONCURRENT)
        .collect()
        .await;
    if let Some(more) = pods.len().checked_sub(MAX_PODS).filter(|more| *more > 0) {
        let why = format!("a bundle has the logs of at most {MAX_PODS} pods");
        parts.push(Part::text_at(
            "",
            format!("logs of {more} more pods"),
            Err(why),
        ));
    }
    parts
}

/// Returns the containers with a log, each with whether it is the log from before the last restart.
fn written(pod: &Pod) -> Vec<(String, bool)> {
    let status = pod.status.iter();
    let all = status.flat_map(|status| {
        let init = status.init_container_statuses.iter().flatten();
        init.chain(status.container_statuses.iter().flatten())
    });
    let logs = all.flat_map(|status: &ContainerStatus| {
        let state = status.state.as_ref();
        let started =
            state.is_some_and(|state| state.running.is_some() || state.terminated.is_some());
        let last = status.last_state.as_ref();
        let restarted = last.is_some_and(|state| state.terminated.is_some());
        let name = &status.name;
        [(started, false), (restarted, true)]
            .into_iter()
            .filter(|(written, _)| *written)
            .map(move |(_, previous)| (name.clone(), previous))
    });
    logs.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn containers_without_log_are_skipped() {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": "orders-0"},
            "status": {
                "initContainerStatuses": [
                    {"name": "fetch", "image": "", "imageID": "", "ready": true, "restartCount": 0, "state": {"terminated": {"exitCode": 0}}},
                ],
                "containerStatuses": [
                    {"name": "flow", "image": "", "imageID": "", "ready": false, "restartCount": 2,
                     "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1}}},
                    {"name": "new", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                     "state": {"waiting": {"reason": "ContainerCreating"}}},
                ],
            },
        }))
        .unwrap();
        assert_eq!(
            written(&pod),
            [("fetch".to_owned(), false), ("flow".to_owned(), true)]
        );
    }
}
