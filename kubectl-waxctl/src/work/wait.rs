//! Waits until a Dataflow runs as its spec says.

use std::time::{Duration, Instant};

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

use super::interruptions::Interruptions;
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::duration::shown;
use crate::error::CommandError;
use crate::ui::Ui;

/// The state that the Dataflow has reached.
pub(crate) struct Settled {
    /// `ready`, `suspended` or `completed`.
    pub(crate) state: String,
    /// The operator's message.
    pub(crate) message: String,
}

/// What one look at a Dataflow says.
enum Look {
    /// It has the state that its spec asks for.
    Settled(Settled),
    /// It can still reach that state; this is what it waits for.
    Waiting(String),
}

/// Waits until the Dataflow has the state that its spec asks for. With a timeout of zero it looks once.
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
        let began = Instant::now();
        let first = first_look(name, access);
        let first = match timeout.is_zero() {
            true => first.await,
            false => match tokio::time::timeout(timeout, first).await {
                Ok(first) => first,
                Err(_) => Err(CommandError::timeout(format!(
                    "the cluster did not answer within {}",
                    shown(timeout)
                ))
                .hint("add `-v 6` to see the requests")),
            },
        };
        let (session, mut seen, looked) = first?;
        let mut last = match looked {
            Look::Settled(settled) => return Ok(settled),
            Look::Waiting(last) => last,
        };
        if timeout.is_zero() {
            return Err(not_ready(&session, name, &last));
        }
        ui.progress(&last);
        let settled = until_settled(&session, &mut seen, &mut last, ui);
        match tokio::time::timeout(timeout.saturating_sub(began.elapsed()), settled).await {
            Ok(result) => result,
            Err(_) => Err(late(&session, &seen, timeout, &last)),
        }
    })
}

/// Connects, and looks once.
async fn first_look(
    name: &str,
    access: &Access,
) -> Result<(Session, Dataflow, Look), CommandError> {
    let session = Session::connect(access).await?;
    let Some(seen) = session.dataflow(name).await? else {
        return Err(session.absent(name).await);
    };
    let look = look(&session, &seen).await?;
    Ok((session, seen, look))
}

/// Watches the Dataflow until it has the state that its spec asks for. `seen` is its newest version.
async fn until_settled(
    session: &Session,
    seen: &mut Dataflow,
    last: &mut String,
    ui: &mut Ui,
) -> Result<Settled, CommandError> {
    let name = seen.name_any();
    let api: Api<Dataflow> = Api::namespaced(session.client.clone(), session.namespace());
    let changes = watcher::watch_object(api, &name).default_backoff();
    let mut changes = std::pin::pin!(changes);
    let mut interruptions = Interruptions::default();
    loop {
        match changes.try_next().await {
            Ok(Some(Some(dataflow))) => *seen = dataflow,
            Ok(Some(None) | None) => {
                return Err(CommandError::failure(format!(
                    "dataflow `{name}` was deleted"
                )));
            }
            Err(error) => {
                interruptions.tell(session, "watch dataflows", error, ui)?;
                continue;
            }
        }
        interruptions.end();
        match look(session, seen).await? {
            Look::Settled(settled) => return Ok(settled),
            Look::Waiting(message) => *last = message,
        }
        ui.progress(last);
    }
}

/// Judges one version of a Dataflow, with what the cluster stores beside it.
async fn look(session: &Session, dataflow: &Dataflow) -> Result<Look, CommandError> {
    let name = dataflow.name_any();
    Ok(match judge(dataflow) {
        Verdict::Ready(_) if !runs_newest_code(session, dataflow).await => Look::Waiting(format!(
            "the operator has not seen the newest code of `{name}` yet"
        )),
        Verdict::Ready(_) | Verdict::Settled(_) if !is_restarted(session, dataflow).await => {
            Look::Waiting(format!("the operator has not restarted `{name}` yet"))
        }
        Verdict::Ready(_) if TimedSuspension::at(dataflow, Timestamp::now()).is_some() => {
            Look::Waiting(format!("the operator has not suspended `{name}` yet"))
        }
        Verdict::Ready(message) => Look::Settled(Settled {
            state: "ready".to_owned(),
            message,
        }),
        Verdict::Settled(_) if rests_unasked(dataflow) => {
            Look::Waiting(format!("the operator has not resumed `{name}` yet"))
        }
        Verdict::Settled(message) => Look::Settled(Settled {
            state: phase(dataflow).to_string().to_lowercase(),
            message,
        }),
        Verdict::Waiting(message) => Look::Waiting(message),
        Verdict::Stalled { reason, message } => {
            return Err(stalled(session, &name, &reason, &message));
        }
    })
}

/// Returns the error of a single look. Nothing was waited for, so it does not tell who is late.
fn not_ready(session: &Session, name: &str, last: &str) -> CommandError {
    let namespace = session.namespace();
    CommandError::timeout(format!("dataflow `{name}` is not ready now"))
        .because(last)
        .hint(format!("waxctl df wait {name} -n {namespace}"))
}

/// Returns the error for a timeout. If no operator has reconciled the Dataflow, the error says so.
fn late(session: &Session, seen: &Dataflow, timeout: Duration, last: &str) -> CommandError {
    let (name, namespace) = (seen.name_any(), session.namespace());
    let error = CommandError::timeout(format!(
        "dataflow `{name}` was not ready within {}",
        shown(timeout)
    ))
    .because(last);
    let status = seen.status.as_ref();
    if status.is_none_or(|status| status.observed_generation < 0) {
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
