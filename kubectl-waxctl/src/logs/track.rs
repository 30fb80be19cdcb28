//! Which containers' logs are open and which have to be opened, while pods come and go; pure.

use std::collections::BTreeMap;

use dataflow::label;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

/// Name of the container that runs the flow, where the pod names no other.
const PROCESS: &str = "process";

/// One run of one container: restarting the container or the pod makes another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    /// Name of the pod.
    pub(crate) pod: String,
    /// Name of the container.
    pub(crate) container: String,
    /// What the container runtime calls this run.
    pub(crate) id: String,
}

/// A log to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opening {
    /// Whose log.
    pub(crate) run: Run,
    /// Whether the run is one of those that were there at the beginning, to which `--tail` and `--since` apply.
    pub(crate) from_the_beginning: bool,
    /// Lines up to this time were printed before.
    pub(crate) after: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct OpenLog {
    open: bool,
    ended: bool,
    last: Option<Timestamp>,
}

/// The runs seen so far.
#[derive(Debug)]
pub(crate) struct Tracker {
    container: Option<String>,
    runs: BTreeMap<Run, OpenLog>,
    started: bool,
}

impl Tracker {
    /// Starts with no run; `container` is the name asked for by `-c`.
    #[must_use]
    pub(crate) fn new(container: Option<String>) -> Self {
        Self {
            container,
            runs: BTreeMap::new(),
            started: false,
        }
    }

    /// Says that the pods of the beginning have all been seen.
    pub(crate) fn all_seen(&mut self) {
        self.started = true;
    }

    /// Takes note of a pod and returns the log to open, if its container runs or ran and is not known yet.
    pub(crate) fn pod(&mut self, pod: &Pod) -> Option<Opening> {
        let status = self.status_of(pod)?;
        let id = status.container_id.clone().filter(|id| !id.is_empty())?;
        let run = Run {
            pod: pod.metadata.name.clone()?,
            container: status.name.clone(),
            id,
        };
        let known = self.runs.entry(run.clone()).or_default();
        let running = status
            .state
            .as_ref()
            .is_some_and(|state| state.running.is_some());
        // A log that ended while its container runs on was cut by the network or by log rotation.
        let fresh = !known.ended || running;
        if known.open || !fresh {
            return None;
        }
        known.open = true;
        Some(Opening {
            run,
            from_the_beginning: !self.started,
            after: known.last,
        })
    }

    /// Takes note of a line; `false` if it was printed before.
    pub(crate) fn line(
        &mut self,
        run: &Run,
        after: Option<Timestamp>,
        time: Option<Timestamp>,
    ) -> bool {
        let Some(time) = time else { return true };
        if after.is_some_and(|after| time <= after) {
            return false;
        }
        if let Some(known) = self.runs.get_mut(run) {
            known.last = Some(time);
        }
        true
    }

    /// Takes note that a log has ended.
    pub(crate) fn ended(&mut self, run: &Run) {
        if let Some(known) = self.runs.get_mut(run) {
            known.open = false;
            known.ended = true;
        }
    }

    /// Whether any log is open.
    #[must_use]
    pub(crate) fn any_open(&self) -> bool {
        self.runs.values().any(|known| known.open)
    }

    fn status_of<'a>(&self, pod: &'a Pod) -> Option<&'a ContainerStatus> {
        let wanted = container(pod, self.container.as_deref());
        let status = pod.status.as_ref()?;
        let all = status
            .container_statuses
            .iter()
            .chain(&status.init_container_statuses)
            .flatten();
        all.into_iter().find(|status| status.name == wanted)
    }
}

/// The container whose log is meant: the one asked for, else the one the pod names as its default.
#[must_use]
pub(crate) fn container(pod: &Pod, asked: Option<&str>) -> String {
    let annotations = pod.metadata.annotations.as_ref();
    let default = annotations.and_then(|all| all.get(label::DEFAULT_CONTAINER));
    asked
        .or(default.map(String::as_str))
        .unwrap_or(PROCESS)
        .to_owned()
}

/// Names of all containers of a pod, those of its start included.
#[must_use]
pub(crate) fn containers(pod: &Pod) -> Vec<String> {
    let Some(spec) = &pod.spec else {
        return Vec::new();
    };
    let all = spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten());
    all.map(|container| container.name.clone()).collect()
}

/// Why a container has printed nothing yet, such as `ImagePullBackOff`.
#[must_use]
pub(crate) fn waiting_reason(pod: &Pod) -> String {
    let Some(status) = &pod.status else {
        return "Pending".to_owned();
    };
    let all = status
        .init_container_statuses
        .iter()
        .chain(&status.container_statuses)
        .flatten();
    let waiting = all.filter_map(|status| status.state.as_ref()?.waiting.as_ref()?.reason.clone());
    let mut reasons: Vec<String> = waiting.collect();
    // A container that only waits for those before it says nothing.
    reasons.sort_by_key(|reason| reason == "PodInitializing");
    reasons
        .into_iter()
        .next()
        .or_else(|| status.phase.clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, id: &str, state: &str) -> Pod {
        serde_json::from_value(json!({
            "metadata": { "name": name },
            "status": { "containerStatuses": [{
                "name": "process", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                "containerID": id, "state": { state: {"exitCode": 0} },
            }]},
        }))
        .unwrap()
    }

    fn time(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[test]
    fn each_run_is_opened_once() {
        let mut tracker = Tracker::new(None);
        assert_eq!(tracker.pod(&pod("a-0", "", "waiting")), None);
        let first = tracker.pod(&pod("a-0", "c1", "running")).unwrap();
        assert!(first.from_the_beginning);
        tracker.all_seen();
        assert_eq!(tracker.pod(&pod("a-0", "c1", "running")), None);
        let restarted = tracker.pod(&pod("a-0", "c2", "running")).unwrap();
        assert!(!restarted.from_the_beginning);
        assert!(tracker.any_open());
    }

    #[test]
    fn a_container_that_died_quickly_is_still_read() {
        let mut tracker = Tracker::new(None);
        let opening = tracker.pod(&pod("a-0", "c1", "terminated")).unwrap();
        tracker.ended(&opening.run);
        assert_eq!(tracker.pod(&pod("a-0", "c1", "terminated")), None);
        assert!(!tracker.any_open());
    }

    #[test]
    fn a_log_cut_while_its_container_runs_is_opened_again_behind_the_last_line() {
        let mut tracker = Tracker::new(None);
        let opening = tracker.pod(&pod("a-0", "c1", "running")).unwrap();
        assert!(tracker.line(&opening.run, opening.after, time(5)));
        tracker.ended(&opening.run);
        let again = tracker.pod(&pod("a-0", "c1", "running")).unwrap();
        assert_eq!(again.after, time(5));
        assert!(!tracker.line(&again.run, again.after, time(5)));
        assert!(tracker.line(&again.run, again.after, time(6)));
    }

    #[test]
    fn the_pod_names_its_default_container() {
        let mut named = pod("a-0", "c1", "running");
        assert_eq!(container(&named, None), "process");
        named.metadata.annotations =
            Some([(label::DEFAULT_CONTAINER.to_owned(), "flow".to_owned())].into());
        assert_eq!(container(&named, None), "flow");
        assert_eq!(container(&named, Some("sidecar")), "sidecar");
    }

    #[test]
    fn the_telling_reason_comes_before_the_empty_one() {
        let pod: Pod = serde_json::from_value(json!({
            "status": { "phase": "Pending",
                "initContainerStatuses": [{ "name": "fetch", "image": "", "imageID": "", "ready": false,
                    "restartCount": 0, "state": { "waiting": { "reason": "ImagePullBackOff" } } }],
                "containerStatuses": [{ "name": "process", "image": "", "imageID": "", "ready": false,
                    "restartCount": 0, "state": { "waiting": { "reason": "PodInitializing" } } }],
            },
        }))
        .unwrap();
        assert_eq!(waiting_reason(&pod), "ImagePullBackOff");
    }
}
