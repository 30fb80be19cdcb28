//! `df logs`: prints the logs of all processes of a Dataflow as one text.

use std::time::Duration;

use clap::{ArgAction, Args};
use jiff::Timestamp;

use crate::args::global::GlobalArgs;
use crate::duration;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::log_request::LogRequest;
use crate::work::logs;

/// Print the logs of a dataflow's processes
///
/// The lines of all processes are sorted by time, each after the name of its pod. With --follow new lines are printed
/// as they arrive, across restarts and recreated pods, until the dataflow is deleted or its input has ended.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # the last 20 lines of each process
  waxctl df logs orders --tail 20

  # follow, across restarts
  waxctl df logs orders -f

  # the logs from before the last restart
  waxctl df logs orders -p")]
pub(crate) struct LogsArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Keep running and print new lines
    #[arg(short, long, conflicts_with = "previous")]
    pub(crate) follow: bool,
    /// Only lines younger than this, such as 5m
    #[arg(long, value_name = "DURATION", value_parser = duration::flag, conflicts_with = "since_time")]
    pub(crate) since: Option<Duration>,
    /// Only lines after this time, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since_time: Option<Timestamp>,
    /// Only this many last lines of each process; -1 for all
    #[arg(long, value_name = "LINES", default_value_t = -1, hide_default_value = true, allow_negative_numbers = true)]
    pub(crate) tail: i64,
    /// Print the time of each line
    #[arg(long)]
    pub(crate) timestamps: bool,
    /// Container to read instead of the one that runs the flow
    #[arg(short, long, value_name = "CONTAINER")]
    pub(crate) container: Option<String>,
    /// Read the logs from before the last restart of the containers
    #[arg(short, long)]
    pub(crate) previous: bool,
    /// Put the pod's name before each line
    #[arg(long, value_name = "BOOL", default_value_t = true, hide_default_value = true,
          action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) prefix: bool,
}

/// Prints the logs that `args` select.
///
/// # Errors
/// There is no such Dataflow or container, or the cluster refuses.
pub(crate) fn run(args: &LogsArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let request = LogRequest {
        name: args.name.clone(),
        since: args.since,
        since_time: args.since_time,
        tail: args.tail,
        timestamps: args.timestamps,
        container: args.container.clone(),
        previous: args.previous,
        prefix: args.prefix,
    };
    logs::print(&request, args.follow, &global.access(), ui)
}
