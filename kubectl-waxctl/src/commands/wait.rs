//! `df wait`: until what was asked for runs, or cannot.

use std::time::Duration;

use clap::Args;
use dataflow::Dataflow;
use dataflow::code::Code;
use dataflow::phase::phase;
use dataflow::revision::revision;
use futures::TryStreamExt as _;
use kube::Api;
use kube::runtime::{WatchStreamExt as _, watcher};

use crate::cli::GlobalArgs;
use crate::cluster::session::duration;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::readiness::{Verdict, judge};
use crate::ui::Ui;
use crate::view::resource_name;

/// Wait until a dataflow runs as its spec says
///
/// Done when the operator has seen the newest spec and code and all processes have found each other, or when the
/// dataflow is suspended on purpose or has come to the end of its input. Fails at once when the dataflow cannot get
/// there by itself, with the operator's reason. Exits with 3 when the time is over.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # wait for the change that was just applied
  waxctl df wait orders

  # but not longer than a minute
  waxctl df wait orders --timeout 60s")]
pub struct WaitArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub name: String,
    /// How long to wait, such as 30s or 5m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    pub timeout: Duration,
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| "write a duration such as 30s or 5m".to_owned())
}

/// Waits for the Dataflow that `args` names.
///
/// # Errors
/// It does not exist, cannot get ready, vanished, or the time is over.
pub fn run(args: &WaitArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    block_on(async {
        let session = Session::connect(global).await?;
        let name = &args.name;
        if session.dataflow(name).await?.is_none() {
            return Err(session.absent(name).await);
        }
        let mut last = String::from("nothing was heard of it");
        match tokio::time::timeout(args.timeout, until_settled(&session, name, &mut last, ui)).await
        {
            Ok(result) => {
                let Settled { state, message } = result?;
                ui.progress_done();
                ui.say(&message);
                ui.line(&format!("{} {state}", resource_name(name)))
            }
            Err(_) => Err(late(&session, args, &last).await),
        }
    })
}

/// Where the Dataflow has come to.
struct Settled {
    /// `ready`, `suspended` or `completed`.
    state: String,
    /// The operator's sentence.
    message: String,
}

/// Watches until the Dataflow is where its spec wants it to be.
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
                ui.warn(&format!("the watch was interrupted and goes on: {error}"));
                continue;
            }
        };
        match judge(&dataflow) {
            Verdict::Ready(message) if runs_newest_code(session, &dataflow).await => {
                let state = "ready".to_owned();
                return Ok(Settled { state, message });
            }
            Verdict::Ready(_) => {
                *last = format!("the operator has not seen the newest code of `{name}` yet");
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

/// The time is over; says so when nobody looks after the Dataflow at all.
async fn late(session: &Session, args: &WaitArgs, last: &str) -> CommandError {
    let WaitArgs { name, timeout } = args;
    let namespace = session.namespace();
    let error = CommandError::timeout(format!(
        "dataflow `{name}` did not get ready within {timeout:?}"
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
            .because("no operator has looked at it so far")
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
    CommandError::failure(format!("dataflow `{name}` cannot get ready: {reason}"))
        .because(message)
        .hint(format!("waxctl df logs {name} -n {namespace}"))
}

/// Tells whether the revision that runs is that of the code in the ConfigMap, which may change without any change of the
/// Dataflow itself. Where the code cannot be read the operator's word counts.
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
