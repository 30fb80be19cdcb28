//! Makes backup copies of a Dataflow's state, and lists its restore points.

use std::time::{Duration, Instant};

use agent::report::PointsReport;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::duration::shown;
use crate::error::CommandError;
use crate::ui::Ui;

/// Asks every process of a Dataflow to copy its partitions, and returns the newest restore point.
///
/// # Errors
/// The Dataflow has no backups or does not run, a copy cannot be made, or the timeout is over.
pub(crate) fn back_up(
    name: &str,
    timeout: Duration,
    access: &Access,
    ui: &mut Ui,
) -> Result<String, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let pods = processes(&session, name).await?;
        let id = format!("{name}-{}", Timestamp::now().as_nanosecond());
        let deadline = Instant::now() + timeout;
        for (index, pod) in pods.iter().enumerate() {
            ui.progress(&format!(
                "copying the partitions of process {index} of {}",
                pods.len()
            ));
            while session
                .back_up(pod, &id[..id.len().min(64)])
                .await?
                .taken
                .is_none()
            {
                if Instant::now() > deadline {
                    return Err(CommandError::timeout(format!(
                        "the backup of dataflow `{name}` goes on, but is not complete after {}",
                        shown(timeout)
                    ))
                    .hint(format!(
                        "see later whether it is complete: waxctl df backups {name}"
                    ))
                    .hint("or wait longer, with `--timeout`"));
                }
            }
        }
        ui.progress_done();
        let report = session.points(&pods[0], 1).await?;
        match report.points.into_iter().next() {
            Some(point) => Ok(point.point),
            None => Err(CommandError::failure(format!(
                "dataflow `{name}` has no restore point yet"
            ))
            .because(report.notes.join("; "))),
        }
    })
}

/// Returns the restore points of a Dataflow, newest first.
///
/// # Errors
/// The Dataflow has no backups or does not run, or the bucket cannot be read.
pub(crate) fn points(
    name: &str,
    limit: usize,
    access: &Access,
) -> Result<PointsReport, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let pods = processes(&session, name).await?;
        session.points(&pods[0], limit).await
    })
}

/// Returns the pods of a Dataflow that makes backups, process 0 first; at least one.
async fn processes(session: &Session, name: &str) -> Result<Vec<Pod>, CommandError> {
    let Some(dataflow) = session.dataflow(name).await? else {
        return Err(session.absent(name).await);
    };
    let recovery = dataflow.spec.recovery.as_ref();
    let backup = recovery.and_then(|recovery| recovery.cloud_backup.as_ref());
    if !backup.and_then(|backup| backup.enabled).unwrap_or(false) {
        let text = format!("dataflow `{name}` has no backups: `spec.recovery.cloudBackup` is off");
        return Err(CommandError::failure(text));
    }
    let pods = session.processes(name).await?;
    if pods.is_empty() {
        let text = format!("cannot query the backups of dataflow `{name}`: it is not running");
        return Err(CommandError::failure(text).hint(format!("waxctl df list --name {name}")));
    }
    Ok(pods)
}
