//! Explains the state of a Dataflow.

use gitops::cause::Facts;
use gitops::ownership::manager_of_spec;
use jiff::Timestamp;

use super::lookup;
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;

/// Returns the chain of causes as text.
///
/// # Errors
/// There is no such Dataflow, this release cannot read it, or the cluster does not respond.
pub(crate) fn text(name: &str, access: &Access) -> Result<String, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        text_in(&session, name).await
    })
}

/// Returns the chain of causes as text.
///
/// # Errors
/// As [`text`].
pub(super) async fn text_in(session: &Session, name: &str) -> Result<String, CommandError> {
    let object = lookup::present(session, name).await?;
    let dataflow = lookup::readable(&object, name, session.namespace())?;
    let evidence = session.evidence(name, &dataflow).await;
    let facts = Facts {
        dataflow: &dataflow,
        manager: manager_of_spec(&object.metadata).unwrap_or_default(),
        controller: evidence.controller,
        pods: evidence.pods.as_deref().map_err(Clone::clone),
        log: &evidence.log,
        now: Timestamp::now(),
    };
    Ok(facts.text())
}
