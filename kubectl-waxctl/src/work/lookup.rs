//! Reads one Dataflow from the cluster, alone or with the reports of its processes.

use dataflow::Dataflow;
use gitops::ownership::manager_of_spec;
use gitops::row::typed;
use jiff::Timestamp;
use kube::api::DynamicObject;

use crate::access::Access;
use crate::cluster::session::request_timeout;
use crate::cluster::{Session, block_on};
use crate::details::Details;
use crate::error::CommandError;

/// Returns a Dataflow unparsed.
///
/// # Errors
/// There is none of that name, or the cluster does not respond.
pub(crate) fn object(name: &str, access: &Access) -> Result<DynamicObject, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        present(&session, name).await
    })
}

/// Returns a Dataflow in full, as text.
///
/// # Errors
/// There is none of that name, this release cannot read it, or the cluster does not respond.
pub(crate) fn details(name: &str, wide: bool, access: &Access) -> Result<String, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let object = present(&session, name).await?;
        let dataflow = readable(&object, name, session.namespace())?;
        let recovery = dataflow.spec.recovery.as_ref();
        let has_store = recovery.and_then(|recovery| recovery.enabled) == Some(true);
        let timeout = request_timeout(access.request_timeout.as_deref())?;
        let details = Details {
            dataflow: &dataflow,
            source: manager_of_spec(&object.metadata).unwrap_or_default(),
            live: session.live(name, has_store, timeout).await,
            wide,
            now: Timestamp::now(),
        };
        Ok(details.text())
    })
}

/// Converts an unparsed Dataflow.
///
/// # Errors
/// This release cannot read it.
pub(super) fn readable(
    object: &DynamicObject,
    name: &str,
    namespace: &str,
) -> Result<Dataflow, CommandError> {
    typed(object).map_err(|error| {
        CommandError::failure(format!("this release cannot read dataflow `{name}`"))
            .because(error)
            .hint(format!("waxctl df get {name} -n {namespace} -o yaml"))
    })
}

/// Returns a Dataflow unparsed, or the error that there is none.
pub(super) async fn present(session: &Session, name: &str) -> Result<DynamicObject, CommandError> {
    match session.object(name).await? {
        Some(object) => Ok(object),
        None => Err(session.absent(name).await),
    }
}
