//! Finds the pod and the container that explain most, and what they say.

use dataflow::{label, step_id};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod};
use kube::ResourceExt as _;
use serde_json::Value;

use crate::age::age;

/// The pod and the container that explain the state of a Dataflow.
#[derive(Debug, Clone)]
pub struct Suspect {
    /// Name of the pod.
    pub pod: String,
    /// Name of the container.
    pub container: String,
    /// Whether the log of the run before the last restart is the interesting one.
    pub previous: bool,
    /// Whether the container has run, so that it has a log.
    pub has_log: bool,
    /// State of the container in words.
    pub(super) state: String,
    /// Whether something has failed, rather than not finished yet.
    pub(super) failed: bool,
    /// The node of the pod.
    pub(super) node: Option<String>,
    /// Purpose of the pod: process, probe or store.
    pub(super) component: String,
    end: Option<ContainerStateTerminated>,
    restarts: i32,
}

/// How much a pod explains; a later variant explains more.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Waits,
    Terminates,
    Unschedulable,
    Refused,
    Failed,
}

/// Returns the pod that explains most, or `None` if all are ready or have succeeded.
#[must_use]
pub fn suspect(pods: &[Pod]) -> Option<Suspect> {
    let suspects = pods.iter().filter_map(of_pod);
    // Of equal ones the first, which is that of the lowest process.
    suspects
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, suspect)| suspect)
}

fn of_pod(pod: &Pod) -> Option<(Weight, Suspect)> {
    let status = pod.status.as_ref();
    let conditions = || {
        status
            .iter()
            .flat_map(|status| status.conditions.iter().flatten())
    };
    let unscheduled = conditions()
        .find(|condition| condition.type_ == "PodScheduled" && condition.status == "False");
    if let Some(condition) = unscheduled {
        if condition.reason.as_deref() == Some("SchedulingGated") {
            return None;
        }
        let why = condition.message.as_deref().unwrap_or("no reason is given");
        let mut suspect = suspected(pod, "", format!("cannot be scheduled: {why}"));
        suspect.failed = true;
        return Some((Weight::Unschedulable, suspect));
    }
    let inits = status
        .iter()
        .flat_map(|status| status.init_container_statuses.iter().flatten());
    let mains = status
        .iter()
        .flat_map(|status| status.container_statuses.iter().flatten());
    let containers: Vec<&ContainerStatus> = inits.chain(mains).collect();
    if let Some((weight, container)) = worst(&containers) {
        let mut suspect = suspected(pod, &container.name, container_text(container));
        suspect.failed = weight > Weight::Waits;
        suspect.restarts = container.restart_count;
        suspect.end = last_end(container).cloned();
        suspect.previous = terminated(container.state.as_ref()).is_none() && suspect.end.is_some();
        suspect.has_log = suspect.end.is_some() || running(container);
        return Some((weight, suspect));
    }
    if let Some(time) = &pod.metadata.deletion_timestamp {
        let state = format!("is being deleted since {}", time.0);
        return Some((Weight::Terminates, suspected(pod, "", state)));
    }
    not_ready(pod, &containers).map(|suspect| (Weight::Waits, suspect))
}

/// Returns the suspect if a pod is not ready yet, without anything wrong.
fn not_ready(pod: &Pod, containers: &[&ContainerStatus]) -> Option<Suspect> {
    let status = pod.status.as_ref();
    let mut conditions = status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten());
    let is_ready =
        conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True");
    let phase = status
        .and_then(|status| status.phase.as_deref())
        .unwrap_or_default();
    if is_ready || phase == "Succeeded" {
        return None;
    }
    let running = containers.iter().rev().find(|container| running(container));
    let mut suspect = match running {
        Some(container) => suspected(
            pod,
            &container.name,
            "runs, but is not ready yet".to_owned(),
        ),
        None => suspected(
            pod,
            "",
            format!("is {phase}, and has not started a container"),
        ),
    };
    suspect.has_log = running.is_some();
    Some(suspect)
}

/// Creates a suspect that has not failed.
fn suspected(pod: &Pod, container: &str, state: String) -> Suspect {
    let component = pod.labels().get(label::COMPONENT);
    Suspect {
        pod: pod.name_any(),
        container: container.to_owned(),
        previous: false,
        has_log: false,
        state,
        failed: false,
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        component: component.cloned().unwrap_or_default(),
        end: None,
        restarts: 0,
    }
}

/// Returns the container that explains most: one that has failed, cannot start, or waits.
fn worst<'a>(containers: &[&'a ContainerStatus]) -> Option<(Weight, &'a ContainerStatus)> {
    let weighed = containers
        .iter()
        .filter_map(|container| Some((weight(container)?, *container)));
    weighed.reduce(|best, next| if next.0 > best.0 { next } else { best })
}

fn weight(container: &ContainerStatus) -> Option<Weight> {
    let state = container.state.as_ref();
    if let Some(end) = terminated(state) {
        return (end.exit_code != 0).then_some(Weight::Failed);
    }
    let waiting = state.and_then(|state| state.waiting.as_ref());
    let reason = waiting
        .and_then(|waiting| waiting.reason.as_deref())
        .unwrap_or_default();
    let failed_before =
        terminated(container.last_state.as_ref()).is_some_and(|end| end.exit_code != 0);
    match reason {
        "CrashLoopBackOff" => Some(Weight::Failed),
        // These are states of every start.
        "" | "ContainerCreating" | "PodInitializing" if waiting.is_some() => {
            failed_before.then_some(Weight::Failed)
        }
        "" if failed_before && !container.ready => Some(Weight::Failed),
        "" => None,
        _ => Some(Weight::Refused),
    }
}

fn container_text(container: &ContainerStatus) -> String {
    let name = &container.name;
    let state = container.state.as_ref();
    if let Some(waiting) = state.and_then(|state| state.waiting.as_ref()) {
        let reason = waiting.reason.as_deref().unwrap_or("no reason is given");
        let message = waiting
            .message
            .as_deref()
            .map(|text| format!(": {text}"))
            .unwrap_or_default();
        return format!("container `{name}` waits: {reason}{message}");
    }
    match terminated(state) {
        Some(end) => format!(
            "container `{name}` has ended with exit code {}",
            end.exit_code
        ),
        None => format!(
            "container `{name}` runs again after {}",
            restarts(container.restart_count)
        ),
    }
}

fn restarts(count: i32) -> String {
    format!("{count} restart{}", if count == 1 { "" } else { "s" })
}

fn running(container: &ContainerStatus) -> bool {
    container
        .state
        .as_ref()
        .is_some_and(|state| state.running.is_some())
}

fn terminated(state: Option<&ContainerState>) -> Option<&ContainerStateTerminated> {
    state?.terminated.as_ref()
}

fn last_end(container: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    terminated(container.state.as_ref()).or_else(|| terminated(container.last_state.as_ref()))
}

impl Suspect {
    /// Returns how the container has ended: exit code, age, restarts and the exception.
    pub(super) fn failure(&self, now: Timestamp) -> Option<String> {
        let end = self.end.as_ref()?;
        let when = end
            .finished_at
            .as_ref()
            .map(|time| format!(", {} ago", age(now.as_second() - time.0.as_second())));
        let restarts = match self.restarts {
            0 => String::new(),
            count => format!(", {}", restarts(count)),
        };
        let reason = match end.reason.as_deref() {
            Some(reason) if !matches!(reason, "Error" | "Completed") => format!(" ({reason})"),
            _ => String::new(),
        };
        let told = end.message.as_deref().map(exception).unwrap_or_default();
        let told = if told.is_empty() {
            told
        } else {
            format!(": {told}")
        };
        Some(format!(
            "exit code {}{reason}{}{restarts}{told}",
            end.exit_code,
            when.unwrap_or_default()
        ))
    }
}

/// Returns the exception of a termination message of the agent with its place, or the message as it is.
fn exception(message: &str) -> String {
    let Ok(report) = serde_json::from_str::<Value>(message) else {
        return message.to_owned();
    };
    let exception = report["exception"].as_str().unwrap_or_default();
    let mut place = Vec::new();
    if let Some(file) = report["file"].as_str() {
        place.push(file.to_owned());
    }
    if let Some(line) = report["line"].as_u64() {
        place.push(format!("line {line}"));
    }
    if let Some(step) = report["step"].as_str() {
        place.push(format!("step {}", step_id::shown(step)));
    }
    let kind = report["kind"].as_str().unwrap_or_default();
    let exception = if exception.is_empty() {
        kind
    } else {
        exception
    };
    match place.as_slice() {
        [] => exception.to_owned(),
        place => format!("{exception} ({})", place.join(", ")),
    }
}
