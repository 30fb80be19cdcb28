//! `df logs`: what the processes of a Dataflow print, as one text.

mod follow;

use std::time::Duration;

use clap::{ArgAction, Args};
use dataflow::Dataflow;
use dataflow::phase::sentence;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::api::LogParams;

use crate::cli::GlobalArgs;
use crate::cluster::session::duration;
use crate::cluster::{Session, block_on};
use crate::error::{CommandError, suggest};
use crate::logs::merge::Merge;
use crate::logs::track::{container, containers, waiting_reason};
use crate::logs::{Line, style};
use crate::ui::Ui;
use crate::view::process_pods;

/// Print what the processes of a dataflow print
///
/// The lines of all processes are put in the order of their time, each behind the name of its pod. With --follow new
/// lines are printed as they arrive, across restarts and for pods that are made anew, until the dataflow is deleted or
/// has come to the end of its input.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # the last 20 lines of each process
  waxctl df logs orders --tail 20

  # go on, across restarts
  waxctl df logs orders -f

  # what the processes said before they were restarted
  waxctl df logs orders -p")]
pub struct LogsArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Go on and print new lines
    #[arg(short, long, conflicts_with = "previous")]
    pub follow: bool,
    /// Only lines younger than this, such as 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, conflicts_with = "since_time")]
    pub since: Option<Duration>,
    /// Only lines after this time, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub since_time: Option<Timestamp>,
    /// Only this many last lines of each process; -1 for all
    #[arg(long, value_name = "LINES", default_value_t = -1, hide_default_value = true, allow_negative_numbers = true)]
    pub tail: i64,
    /// Print the time of each line
    #[arg(long)]
    pub timestamps: bool,
    /// Another container than the one that runs the flow
    #[arg(short, long, value_name = "CONTAINER")]
    pub container: Option<String>,
    /// The containers as they were before their last restart
    #[arg(short, long)]
    pub previous: bool,
    /// Put the pod's name before each line
    #[arg(long, value_name = "BOOL", default_value_t = true, hide_default_value = true,
          action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub prefix: bool,
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| "write a duration such as 30s or 5m".to_owned())
}

/// Prints the logs that `args` ask for.
///
/// # Errors
/// There is no such Dataflow or container, or the cluster refuses.
pub fn run(args: &LogsArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    block_on(async {
        let session = Session::connect(global).await?;
        let Some(dataflow) = session.dataflow(&args.name).await? else {
            return Err(session.absent(&args.name).await);
        };
        let pods = session.pods(&process_pods(&args.name)).await?;
        check_container(args, &pods)?;
        if args.follow {
            return follow::follow(&session, args, ui).await;
        }
        print(&session, &dataflow, pods, args, ui).await
    })
}

/// Prints what is there now, in the order of time.
async fn print(
    session: &Session,
    dataflow: &Dataflow,
    mut pods: Vec<Pod>,
    args: &LogsArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if pods.is_empty() {
        ui.say(&format!(
            "No processes of `{}` exist: {}.",
            args.name,
            sentence(dataflow)
        ));
        return Ok(());
    }
    pods.sort_by_key(|pod| ordinal(name(pod)));
    let mut logs = Vec::new();
    for pod in &pods {
        let params = params(args, pod);
        match session.log(name(pod), &params).await {
            Ok(lines) => logs.push((name(pod).to_owned(), lines)),
            Err(kube::Error::Api(status)) if status.code == 400 => {
                let why = if args.previous {
                    status.message.clone()
                } else {
                    waiting_reason(pod)
                };
                ui.warn(&format!("{} has printed nothing: {why}", name(pod)));
            }
            Err(error) => {
                let doing = format!("read the log of pod `{}`", name(pod));
                return Err(session.failed(doing)(error).into());
            }
        }
    }
    let mut merge = Merge::start(logs).await.map_err(broken)?;
    while let Some((pod, line)) = merge.next().await.map_err(broken)? {
        show(&pod, &line, args, ui)?;
    }
    Ok(())
}

fn broken(error: std::io::Error) -> CommandError {
    CommandError::failure("the log broke off").because(error)
}

fn show(pod: &str, line: &Line, args: &LogsArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let text = line.shown(args.timestamps);
    if !args.prefix {
        return ui.line(&text);
    }
    let prefix = ui.paint(style(pod), &format!("[{pod}]"));
    ui.line(&format!("{prefix} {text}"))
}

/// What to ask the API server for. Times are always asked for: they put the lines in order.
fn params(args: &LogsArgs, pod: &Pod) -> LogParams {
    LogParams {
        container: Some(container(pod, args.container.as_deref())),
        previous: args.previous,
        since_seconds: args
            .since
            .map(|since| i64::try_from(since.as_secs().max(1)).unwrap_or(i64::MAX)),
        since_time: args.since_time,
        tail_lines: Some(args.tail).filter(|lines| *lines >= 0),
        timestamps: true,
        ..LogParams::default()
    }
}

fn check_container(args: &LogsArgs, pods: &[Pod]) -> Result<(), CommandError> {
    let (Some(asked), Some(pod)) = (&args.container, pods.first()) else {
        return Ok(());
    };
    let known = containers(pod);
    if known.contains(asked) {
        return Ok(());
    }
    let error = CommandError::failure(format!("pod `{}` has no container `{asked}`", name(pod)))
        .because(format!("it has these: {}", known.join(", ")));
    Err(match suggest(asked, known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `-c {near}`?")),
        None => error,
    })
}

fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}

fn ordinal(pod: &str) -> u32 {
    pod.rsplit('-')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(u32::MAX)
}
