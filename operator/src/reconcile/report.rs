//! The status write of a reconcile, and the events that follow from it.

use kube::Resource;
use kube::runtime::events::Event;

use super::context::Context;
use crate::decide::Decision;
use crate::error::ReconcileError;
use crate::health::Subject;
use crate::observe::View;
use crate::observed::Version;
use crate::{act, event, status};

/// Writes status if it changed, and publishes the resulting events.
pub(super) async fn report(
    view: &View,
    decision: &Decision,
    context: &Context,
) -> Result<(), ReconcileError> {
    let dataflow = &view.dataflow;
    if dataflow.metadata.deletion_timestamp.is_some() {
        return Ok(());
    }
    let previous = dataflow.status.clone().unwrap_or_default();
    let computed = status::compute(&status::Facts {
        name: view.name.as_ref(),
        generation: dataflow.metadata.generation.unwrap_or_default(),
        previous: &previous,
        processes: dataflow.spec.processes(),
        observed: &view.observed,
        decision,
        warnings: &view.warnings,
    });
    // While the CRD is too old, the same write is repeated. If all of its fields are kept, a newer CRD
    // has been installed.
    if computed == previous && !view.observed.crd_too_old {
        return Ok(());
    }
    let version = Version {
        uid: dataflow.metadata.uid.clone().unwrap_or_default(),
        resource_version: dataflow
            .metadata
            .resource_version
            .clone()
            .unwrap_or_default(),
    };
    act::write_status(&context.client, dataflow, &version, computed.clone()).await?;
    if view.observed.crd_too_old && context.health.set(Subject::Crd, None) {
        tracing::info!("the installed CustomResourceDefinition now keeps all status fields");
    }
    context.metrics.wrote_status();
    for event in event::between(&previous, &computed) {
        publish(&event, view, context).await;
    }
    Ok(())
}

/// Publishes an event. A failure is only logged: a lost event does not justify another reconcile.
pub(super) async fn publish(event: &Event, view: &View, context: &Context) {
    let object = view.dataflow.object_ref(&());
    if let Err(error) = context.recorder.publish(event, &object).await {
        tracing::debug!(%error, "cannot publish an event");
    }
}
