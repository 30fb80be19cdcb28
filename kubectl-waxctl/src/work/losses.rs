//! Determines the state that a change of a flow would lose.
//!
//! It loads the code of both versions in the Python on the PATH, without running the flow.

use std::thread;

use agent::report::ProbeReport;
use dataflow::spec::{ExpectedStore, RecoveryAction};
use dataflow::steps::{Loss, Shape};
use gitops::loss;
use gitops::rendered::Rendered;

use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::local::python;

/// The user's acceptance of a loss of state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acceptance {
    /// Whether the loss is accepted.
    pub(crate) accepted: bool,
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

/// Returns the state that a flow would lose and whose loss its recovery action does not request, or why that is
/// unknown.
///
/// Loads nothing if the flow keeps no state, or if the change does not affect its steps.
pub(crate) fn losses(old: &Rendered, new: &Rendered) -> Result<Vec<Loss>, String> {
    if !loss::may_lose(old, new) {
        return Ok(Vec::new());
    }
    if old.code.is_empty() || new.code.is_empty() {
        return Err("its code is not completely available".to_owned());
    }
    let (kept, shape) = thread::scope(|scope| {
        let of_new = scope.spawn(|| python::load(new));
        let of_old = python::load(old);
        (of_old, of_new.join())
    });
    let kept = kept.map_err(|why| format!("its present code: {why}"))?;
    let shape = shape
        .map_err(|_| "the thread that loads the new code panicked".to_owned())?
        .map_err(|why| format!("its new code: {why}"))?;
    Ok(loss::losses(old, as_shape(kept), new, as_shape(shape)))
}

fn as_shape(report: ProbeReport) -> Shape {
    Shape {
        flow: report.flow,
        stateful: report.stateful,
        windows: report.windows,
        engine: None,
    }
}
