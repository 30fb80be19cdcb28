//! Waits until a Dataflow runs as its spec says.

use std::time::Duration;

use dataflow::code::Code;
use dataflow::phase::phase;
use dataflow::revision::revision;
use dataflow::status::Phase;
use dataflow::suspension::TimedSuspension;
use dataflow::{Dataflow, label};
use futures::TryStreamExt as _;
use gitops::readiness::{Verdict, judge};
use jiff::Timestamp;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, ResourceExt as _};

use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::ui::Ui;

/// The state that the Dataflow has reached.
pub(crate) struct Settled {
    /// `ready`, `suspended` or `completed`.
    pub(crate) state: String,
    /// The operator's message.
    pub(crate) message: String,
}

/// Waits until the Dataflow has the state that its spec asks for.
///
/// # Errors
/// The Dataflow does not exist, cannot reach the state by itself, is deleted, or the timeout is over.
pub(crate) fn settled(
    name: &str,
    timeout: Duration,
    access: &Access,
    ui: &mut Ui,
) -> Result<Settled, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        if session.dataflow(name).await?.is_none() {
            return Err(session.absent(name).await);
        }
        let mut last = String::from("no status was received");
        let settled = until_settled(&session, name, &mut last, ui);
        match tokio::time::timeout(timeout, settled).await {
            Ok(result) => result,
            Err(_) => Err(late(&session, name, timeout, &last).await),
        }
    })
}

/// Watches the Dataflow until it has the state that its spec asks for.
async fn until_settled(
    session: &Session,
    name: &str,
    last: &mut String,
    ui: &mut Ui,
) -> Result<Settled, CommandError> {
    let api: Api<Dataflow> = Api::namespaced(session.client.clone(), session.namespace());
    let changes = watcher::watch_object(api, name).default_backoff();
    let mut changes = std::pin::pin!(changes);
    loop {
        let dataflow = match changes.try_next().await {
            Ok(Some(Some(dataflow))) => dataflow,
            Ok(Some(None) | None) => {
                return Err(CommandError::failure(format!(
                    "dataflow `{name}` was deleted"
                )));
            }
            Err(error) => {
                ui.warn(&format!("the watch was interrupted and continues: {error}"));
                continue;
            }
        };
        match judge(&dataflow) {
            Verdict::Ready(_) if !runs_newest_code(session, &dataflow).await => {
                *last = format!("the operator has not seen the newest code of `{name}` yet");
            }
            Verdict::Ready(_) | Verdict::Settled(_) if !is_restarted(session, &dataflow).await => {
                *last = format!("the operator has not restarted `{name}` yet");
            }
            Verdict::Ready(_) if TimedSuspension::at(&dataflow, Timestamp::now()).is_some() => {
                *last = format!("the operator has not suspended `{name}` yet");
            }
            Verdict::Ready(message) => {
                let state = "ready".to_owned();
                return Ok(Settled { state, message });
            }
            Verdict::Settled(_) if rests_unasked(&dataflow) => {
                *last = format!("the operator has not resumed `{name}` yet");
            }
            Verdict::Settled(message) => {
                let state = phase(&dataflow).to_string().to_lowercase();
                return Ok(Settled { state, message });
            }
            Verdict::Waiting(message) => *last = message,
            Verdict::Stalled { reason, message } => {
                return Err(stalled(session, name, &reason, &message));
            }
        }
        ui.progress(last);
    }
}

/// Returns the error for a timeout. If no operator has reconciled the Dataflow, the error says so.
async fn late(session: &Session, name: &str, timeout: Duration, last: &str) -> CommandError {
    let namespace = session.namespace();
    let error = CommandError::timeout(format!(
        "dataflow `{name}` was not ready within {timeout:?}"
    ))
    .because(last);
    let seen = session
        .dataflow(name)
        .await
        .ok()
        .flatten()
        .and_then(|dataflow| dataflow.status);
    if seen.is_none_or(|status| status.observed_generation < 0) {
        return error
            .because("no operator has reconciled it yet")
            .hint(format!("waxctl install -n {namespace}"));
    }
    error
        .hint(format!(
            "waxctl df list --name {name} -n {namespace} -o wide"
        ))
        .hint(format!("waxctl df logs {name} -n {namespace}"))
}

fn stalled(session: &Session, name: &str, reason: &str, message: &str) -> CommandError {
    let namespace = session.namespace();
    CommandError::failure(format!("dataflow `{name}` cannot become ready: {reason}"))
        .because(message)
        .hint(format!("waxctl df logs {name} -n {namespace}"))
}

/// Whether the Dataflow is suspended but should not be any more. Annotations, which can request a suspension, change no
/// generation.
fn rests_unasked(dataflow: &Dataflow) -> bool {
    phase(dataflow) == Phase::Suspended
        && !dataflow.spec.suspended()
        && TimedSuspension::at(dataflow, Timestamp::now()).is_none()
}

/// Whether the requested restart has been made. The annotation that requests it changes no generation, but the operator
/// copies it to the pods. If they cannot be read, the operator's status decides.
async fn is_restarted(session: &Session, dataflow: &Dataflow) -> bool {
    let Some(requested) = dataflow.annotations().get(label::RESTARTED_AT) else {
        return true;
    };
    if dataflow.spec.suspended() {
        return true;
    }
    if phase(dataflow) == Phase::Completed {
        let completed = dataflow
            .status
            .as_ref()
            .and_then(|status| status.completed.as_ref());
        return completed.and_then(|run| run.restarted_at.as_ref()) == Some(requested);
    }
    let Ok(pods) = session.processes(&dataflow.name_any()).await else {
        return true;
    };
    pods.iter()
        .all(|pod| pod.annotations().get(label::RESTARTED_AT) == Some(requested))
}

/// Whether the running revision has the code in the ConfigMap, which can change without a change of the Dataflow.
/// If the code cannot be read, the operator's status decides.
async fn runs_newest_code(session: &Session, dataflow: &Dataflow) -> bool {
    let Some(source) = dataflow.spec.config_map_name.as_deref() else {
        return true;
    };
    let Ok(Some(config_map)) = session.config_map(source).await else {
        return true;
    };
    let newest = revision(&dataflow.spec, &Code::from_config_map(&config_map).hash());
    let running = dataflow
        .status
        .as_ref()
        .and_then(|status| status.revision.as_deref());
    running == Some(newest.as_str())
}
