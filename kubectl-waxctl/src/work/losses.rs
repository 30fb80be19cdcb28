//! The user's acceptance of a loss of state, and the recovery action that requests the loss.

use dataflow::Dataflow;
use dataflow::spec::{ExpectedStore, RecoveryAction};
use dataflow::steps::Loss;
use gitops::loss;
use gitops::rendered::Rendered;

use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;

/// The user's acceptance of a loss of state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acceptance {
    /// Whether the loss is accepted.
    pub(crate) accepted: bool,
    /// Whether it is accepted that steps cannot be compared.
    pub(crate) unchecked: bool,
    /// The state that may be lost, as STORE-ID/TIMELINE; by default the state of the flow in the cluster.
    pub(crate) store: Option<String>,
}

impl Acceptance {
    /// Returns the recovery action that drops only the state of removed steps. `None` if the flow in the cluster has no
    /// state.
    ///
    /// # Errors
    /// It is unknown which state may be lost.
    pub(crate) fn action(
        &self,
        losses: &[Loss],
        flow: &Rendered,
        access: &Access,
    ) -> Result<Option<RecoveryAction>, CommandError> {
        let expect = match &self.store {
            Some(store) => Some(read_store(store)?),
            None => live_store(flow, access).map_err(|error| {
                let name = flow.name();
                CommandError::failure(format!(
                    "cannot determine which state of dataflow `{name}` may be lost"
                ))
                .because(error.message)
                .hint("pass `--store STORE-ID/TIMELINE`; this command reads it from the cluster:")
                .hint(format!(
                    "kubectl get dataflow {name} -o jsonpath='{{.status.recovery.storeId}}/\
                         {{.status.recovery.timeline}}'"
                ))
            })?,
        };
        Ok(expect.map(|expect| loss::action(losses, expect)))
    }

    /// As [`Acceptance::action`], for a flow that was just read from the cluster.
    ///
    /// # Errors
    /// The store is not of the form STORE-ID/TIMELINE.
    pub(crate) fn action_for(
        &self,
        losses: &[Loss],
        live: Option<&Dataflow>,
    ) -> Result<Option<RecoveryAction>, CommandError> {
        let expect = match &self.store {
            Some(store) => Some(read_store(store)?),
            None => live.and_then(loss::store_of),
        };
        Ok(expect.map(|expect| loss::action(losses, expect)))
    }
}

fn read_store(text: &str) -> Result<ExpectedStore, CommandError> {
    match text.split_once('/') {
        Some((store_id, timeline)) if !store_id.is_empty() && !timeline.is_empty() => {
            Ok(ExpectedStore {
                store_id: store_id.to_owned(),
                timeline: Some(timeline.to_owned()),
            })
        }
        _ => Err(CommandError::usage(format!(
            "invalid value `{text}` for `--store`: not of the form STORE-ID/TIMELINE"
        ))),
    }
}

/// Returns store ID and timeline of the flow in the cluster.
fn live_store(flow: &Rendered, access: &Access) -> Result<Option<ExpectedStore>, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let session = match flow.namespace() {
            Some(namespace) => session.in_namespace(namespace),
            None => session,
        };
        let live = session.dataflow(flow.name()).await?;
        Ok(live.as_ref().and_then(loss::store_of))
    })
}
