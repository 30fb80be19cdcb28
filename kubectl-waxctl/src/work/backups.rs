//! Who can be asked for copies of a Dataflow's state.

use k8s_openapi::api::core::v1::Pod;

use crate::cluster::Session;
use crate::error::CommandError;

/// The pods of a Dataflow that makes copies, process 0 first; never empty.
///
/// # Errors
/// There is none of that name, it makes no copies, or it does not run.
pub(crate) async fn processes(session: &Session, name: &str) -> Result<Vec<Pod>, CommandError> {
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
        let text = format!("dataflow `{name}` does not run, so there is nobody to ask");
        return Err(CommandError::failure(text).hint(format!("waxctl df list --name {name}")));
    }
    Ok(pods)
}
