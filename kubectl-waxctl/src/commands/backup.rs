//! `df backup`: copies of a Dataflow's state, now.

use std::time::{Duration, Instant};

use clap::Args;
use gitops::object::dataflow_name;
use jiff::Timestamp;

use crate::args::global::GlobalArgs;
use crate::cluster::{Session, block_on};
use crate::duration;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::backups;

/// Copy a dataflow's state to its bucket now
///
/// The dataflow runs on meanwhile. Prints the point that the copies lead back to, for `waxctl df restore`. Exits with 3
/// when the time is over.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # before a change that is hard to take back
  waxctl df backup orders")]
pub(crate) struct BackupArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// How long to wait for the copies, such as 30s or 5m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration::flag)]
    pub(crate) timeout: Duration,
}

/// Has every process of the Dataflow that `args` names copy its partitions.
///
/// # Errors
/// It has no backups or does not run, a copy can't be made, or the time is over.
pub(crate) fn run(args: &BackupArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    block_on(async {
        let session = Session::connect(&global.access()).await?;
        let name = &args.name;
        let pods = backups::processes(&session, name).await?;
        let id = format!("{name}-{}", Timestamp::now().as_nanosecond());
        let deadline = Instant::now() + args.timeout;
        for (index, pod) in pods.iter().enumerate() {
            ui.progress(&format!("copying process {index} of {}", pods.len()));
            while session
                .back_up(pod, &id[..id.len().min(64)])
                .await?
                .taken
                .is_none()
            {
                if Instant::now() > deadline {
                    return Err(CommandError::timeout(format!(
                        "the copies of `{name}` are still being made"
                    )));
                }
            }
        }
        ui.progress_done();
        let report = session.points(&pods[0], 1).await?;
        match report.points.first() {
            Some(point) => ui.line(&format!(
                "{} backed up {}",
                dataflow_name(name),
                point.point
            )),
            None => Err(CommandError::failure(format!(
                "the copies of `{name}` lead back to no moment yet"
            ))
            .because(report.notes.join("; "))),
        }
    })
}
