//! Reads a pod of the API into the facts that decisions need.

use agent::report::{PodMessage, TerminationReport};
use dataflow::label;
use dataflow::steps::Shape;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStateTerminated, ContainerStatus, Pod as ApiPod, PodCondition,
    PodStatus,
};
use kube::ResourceExt;

use super::object;
use crate::observed::{
    Cause, InitFailure, Pod, Probe, ProbeOutcome, ProcessState, StoreProgress, Termination,
};

/// Waiting reasons which mean that the image cannot be pulled.
const IMAGE_REASONS: [&str; 4] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
];
/// Waiting reasons which mean that the kubelet cannot create the container although it has the image.
const CONFIG_REASONS: [&str; 2] = ["CreateContainerConfigError", "CreateContainerError"];

/// Reads the pod of a process.
pub(super) fn process(pod: &ApiPod) -> Pod {
    let status = pod.status.clone().unwrap_or_default();
    let created = created(pod);
    let ready = condition(pod, "Ready");
    let container = status
        .container_statuses
        .as_ref()
        .and_then(|all| all.first());
    Pod {
        name: pod.name_any(),
        version: object::version(&pod.metadata),
        created,
        stamp: object::stamp(pod.labels(), pod.annotations()),
        controller: object::controller(&pod.metadata).map(|owner| owner.uid.clone()),
        deleting: pod.metadata.deletion_timestamp.as_ref().map(|time| time.0),
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        ready: ready.is_some_and(|condition| condition.status == "True"),
        ready_changed: ready.and_then(changed).unwrap_or(created),
        unschedulable: unschedulable(pod).map(|(_, why)| why),
        state: process_state(&status, container),
        restarts: container.map_or(0, |container| container.restart_count),
        termination: container.and_then(termination),
        init_failure: status
            .init_container_statuses
            .iter()
            .flatten()
            .filter_map(init_failure)
            .max_by_key(|init| init.failures),
    }
}

/// Reads a probe pod.
pub(super) fn probe(pod: &ApiPod) -> Probe {
    Probe {
        name: pod.name_any(),
        version: object::version(&pod.metadata),
        revision: pod
            .labels()
            .get(label::REVISION)
            .cloned()
            .unwrap_or_default(),
        created: created(pod),
        deleting: pod.metadata.deletion_timestamp.is_some(),
        outcome: probe_outcome(pod),
        shape: probe_shape(pod),
    }
}

/// Returns the shape of the dataflow that a passed probe reported.
///
/// Very many stateful steps do not fit into a termination message. In that case the result is `None`,
/// and every process checks the steps itself.
fn probe_shape(pod: &ApiPod) -> Option<Shape> {
    let containers = pod.status.as_ref()?.container_statuses.as_ref()?;
    let end = containers.first().and_then(terminated)?;
    match PodMessage::parse(end.message.as_deref()?)? {
        PodMessage::Probed(report) if report.knows_state() => Some(Shape {
            flow: report.flow,
            stateful: report.stateful,
            windows: report.windows,
            engine: Some(report.engine),
        }),
        PodMessage::Probed(_) | PodMessage::Failed(_) => None,
    }
}

/// Returns the state of the process container. While that is pending, returns the problem of an init
/// container, if there is one.
fn process_state(status: &PodStatus, container: Option<&ContainerStatus>) -> ProcessState {
    let inits = status
        .init_container_statuses
        .iter()
        .flatten()
        .map(container_state);
    let init_problem = || {
        inits.into_iter().find(|state| {
            matches!(
                state,
                ProcessState::ImagePull { .. } | ProcessState::Refused(_)
            )
        })
    };
    match container.map_or(ProcessState::Pending, container_state) {
        ProcessState::Pending => init_problem().unwrap_or(ProcessState::Pending),
        state => state,
    }
}

/// Returns the progress of a store pod. The kubelet restarts its container until it succeeds.
pub(super) fn store_progress(pod: &ApiPod) -> StoreProgress {
    let status = pod.status.clone().unwrap_or_default();
    if status.phase.as_deref() == Some("Succeeded") {
        return StoreProgress::Done;
    }
    let container = status
        .container_statuses
        .as_ref()
        .and_then(|all| all.first());
    let failed = container
        .and_then(terminated)
        .filter(|end| end.exit_code != 0)
        .map(|end| StoreProgress::Failing(end_message(end)));
    match container.map_or(ProcessState::Pending, container_state) {
        ProcessState::ImagePull { image, message } => {
            StoreProgress::Failing(format!("image {image} cannot be pulled: {message}"))
        }
        ProcessState::Refused(message) => StoreProgress::Failing(message),
        // While the container is being restarted, its last failure still applies.
        ProcessState::Pending | ProcessState::Running(_) | ProcessState::Terminated => failed
            .or_else(|| {
                unschedulable(pod).map(|(since, why)| StoreProgress::Unschedulable(since, why))
            })
            .unwrap_or(StoreProgress::Working),
    }
}

fn probe_outcome(pod: &ApiPod) -> ProbeOutcome {
    let status = pod.status.clone().unwrap_or_default();
    let phase = status.phase.as_deref().unwrap_or_default();
    let all = || {
        status
            .init_container_statuses
            .iter()
            .flatten()
            .chain(status.container_statuses.iter().flatten())
    };
    match phase {
        "Succeeded" => ProbeOutcome::Passed,
        "Failed" => {
            let failed = all()
                .filter_map(|container| container.state.as_ref()?.terminated.as_ref())
                .find(|end| end.exit_code != 0);
            let message = failed.map_or_else(
                || {
                    status
                        .message
                        .clone()
                        .unwrap_or_else(|| "the probe pod failed".to_owned())
                },
                end_message,
            );
            ProbeOutcome::Failed(message)
        }
        _ => {
            let pulled = all().map(container_state).find_map(|state| match state {
                ProcessState::ImagePull { image, message } => {
                    Some(ProbeOutcome::ImagePull { image, message })
                }
                ProcessState::Refused(message) => Some(ProbeOutcome::Failed(message)),
                ProcessState::Pending | ProcessState::Running(_) | ProcessState::Terminated => None,
            });
            let unplaced =
                || unschedulable(pod).map(|(since, why)| ProbeOutcome::Unschedulable(since, why));
            pulled.or_else(unplaced).unwrap_or(ProbeOutcome::Pending)
        }
    }
}

fn end_message(end: &ContainerStateTerminated) -> String {
    match end.message.as_deref().and_then(PodMessage::parse) {
        Some(PodMessage::Failed(report)) => report.sentence(),
        Some(PodMessage::Probed(_)) | None => unreported(end),
    }
}

fn container_state(container: &ContainerStatus) -> ProcessState {
    let Some(state) = &container.state else {
        return ProcessState::Pending;
    };
    if let Some(running) = &state.running {
        let since = running
            .started_at
            .as_ref()
            .map_or(Timestamp::UNIX_EPOCH, |time| time.0);
        return ProcessState::Running(since);
    }
    if state.terminated.is_some() {
        return ProcessState::Terminated;
    }
    let waiting = state.waiting.clone().unwrap_or_default();
    let reason = waiting.reason.as_deref().unwrap_or_default();
    let message = waiting.message.unwrap_or_default();
    if IMAGE_REASONS.contains(&reason) {
        let cause = message
            .rsplit_once("ErrImagePull: ")
            .map_or(message.as_str(), |(_, cause)| cause);
        return ProcessState::ImagePull {
            image: container.image.clone(),
            message: one_line(cause),
        };
    }
    if CONFIG_REASONS.contains(&reason) {
        return ProcessState::Refused(one_line(&message));
    }
    if terminated(container).is_some() {
        ProcessState::Terminated
    } else {
        ProcessState::Pending
    }
}

/// Returns the newest termination of a container, even if the container has been restarted since.
fn terminated(container: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    let of = |state: &'_ Option<ContainerState>| {
        state
            .as_ref()
            .is_some_and(|state| state.terminated.is_some())
    };
    let state = if of(&container.state) {
        &container.state
    } else {
        &container.last_state
    };
    state.as_ref()?.terminated.as_ref()
}

fn termination(container: &ContainerStatus) -> Option<Termination> {
    let end = terminated(container)?;
    let at = end
        .finished_at
        .as_ref()
        .map_or(Timestamp::UNIX_EPOCH, |time| time.0);
    let kubelet = end.reason.clone().unwrap_or_else(|| "Error".to_owned());
    let unknown = Termination {
        at,
        exit_code: end.exit_code,
        cause: Cause::Kubelet(kubelet),
        message: unreported(end),
        step: None,
        file: None,
        line: None,
    };
    let report = match end.message.as_deref().and_then(PodMessage::parse) {
        Some(PodMessage::Failed(report)) => report,
        Some(PodMessage::Probed(_)) | None => return Some(unknown),
    };
    let TerminationReport {
        v: _,
        kind,
        exception,
        step,
        file,
        line,
        exit_code: _,
    } = report;
    Some(Termination {
        cause: Cause::Agent(kind),
        message: exception
            .as_deref()
            .map_or(unknown.message.clone(), one_line),
        step,
        file,
        line: line.map(i64::from),
        ..unknown
    })
}

/// Returns the message for a termination without a report of the agent.
fn unreported(end: &ContainerStateTerminated) -> String {
    match (end.reason.as_deref(), end.exit_code) {
        (Some("OOMKilled"), code) => format!("it exceeded its memory limit (exit code {code})"),
        (_, code) if code > 128 => {
            format!("it was killed by signal {} (exit code {code})", code - 128)
        }
        (_, code) => format!("it exited with code {code}"),
    }
}

fn init_failure(container: &ContainerStatus) -> Option<InitFailure> {
    let state = container.state.as_ref()?;
    let up = state.running.is_some()
        || state
            .terminated
            .as_ref()
            .is_some_and(|end| end.exit_code == 0);
    let end = terminated(container).filter(|end| !up && end.exit_code != 0)?;
    let text = end
        .message
        .as_deref()
        .filter(|text| !text.trim().is_empty());
    let report = match text.and_then(PodMessage::parse) {
        Some(PodMessage::Failed(report)) => Some(report),
        Some(PodMessage::Probed(_)) | None => None,
    };
    Some(InitFailure {
        container: container.name.clone(),
        failures: container.restart_count + 1,
        message: match (&report, text) {
            (Some(report), _) => report.sentence(),
            (None, Some(text)) => one_line(text),
            (None, None) => unreported(end),
        },
        kind: report.map(|report| report.kind),
    })
}

fn created(pod: &ApiPod) -> Timestamp {
    pod.metadata
        .creation_timestamp
        .as_ref()
        .map_or(Timestamp::UNIX_EPOCH, |time| time.0)
}

fn condition<'a>(pod: &'a ApiPod, kind: &str) -> Option<&'a PodCondition> {
    pod.status
        .as_ref()?
        .conditions
        .as_ref()?
        .iter()
        .find(|condition| condition.type_ == kind)
}

fn changed(condition: &PodCondition) -> Option<Timestamp> {
    condition.last_transition_time.as_ref().map(|time| time.0)
}

fn unschedulable(pod: &ApiPod) -> Option<(Timestamp, String)> {
    let condition = condition(pod, "PodScheduled")?;
    let no_room =
        condition.status == "False" && condition.reason.as_deref() == Some("Unschedulable");
    no_room.then(|| {
        let since = changed(condition).unwrap_or_else(|| created(pod));
        (
            since,
            one_line(
                condition
                    .message
                    .as_deref()
                    .unwrap_or("no node has enough capacity"),
            ),
        )
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
