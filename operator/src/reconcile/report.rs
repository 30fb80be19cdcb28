//! The one status write of a pass, and the events that go with it.

use kube::Resource;
use kube::runtime::events::Event;

use super::context::Context;
use crate::decide::Decision;
use crate::error::ReconcileError;
use crate::health::Subject;
use crate::observe::View;
use crate::observed::Version;
use crate::{act, event, status};

/// Writes status, if it is news, and the events that go with it.
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
        size: dataflow.spec.processes(),
        observed: &view.observed,
        decision,
        warnings: &view.warnings,
    });
    // While the CRD is too old the same write is tried again: that it survives is how we learn
    // that a newer one has been installed.
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
        tracing::info!("the installed CustomResourceDefinition keeps all status fields now");
    }
    context.metrics.wrote_status();
    for event in event::between(&previous, &computed) {
        publish(&event, view, context).await;
    }
    Ok(())
}

/// Writes an event. One that does not get through is not worth another pass.
pub(super) async fn publish(event: &Event, view: &View, context: &Context) {
    let object = view.dataflow.object_ref(&());
    if let Err(error) = context.recorder.publish(event, &object).await {
        tracing::debug!(%error, "an event was lost");
    }
}
