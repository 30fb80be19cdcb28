//! A Dataflow that is to be deleted, and what its deletion leaves behind.

use dataflow::phase::phase;
use dataflow::{Dataflow, DataflowName, label};
use gitops::volumes::Volumes;

use crate::cluster::Session;

/// The Dataflow in one line.
pub(crate) fn describe(name: &str, namespace: &str, dataflow: &Dataflow) -> String {
    let processes = dataflow
        .status
        .as_ref()
        .and_then(|status| status.processes.as_ref());
    let processes = processes.map_or("0", |processes| processes.summary.as_str());
    let phase = phase(dataflow);
    format!(
        "dataflow `{name}` found in namespace {namespace} ({phase}, processes ready: {processes})"
    )
}

/// The code that the deletion leaves behind. Somebody who may not look at ConfigMaps hears nothing about them.
pub(crate) async fn code_that_remains(session: &Session, dataflow: &Dataflow) -> Option<String> {
    let uid = dataflow.metadata.uid.as_deref();
    let source = dataflow.spec.config_map_name.as_deref();
    let source = source.filter(|name| !name.is_empty())?;
    let config_map = session.config_map(source).await.ok()??;
    let mut owners = config_map.metadata.owner_references.iter().flatten();
    if owners.any(|owner| Some(owner.uid.as_str()) == uid) {
        return None;
    }
    let mut labels = config_map.metadata.labels.iter().flatten();
    let manager = labels.find(|(key, _)| key.as_str() == label::MANAGED_BY);
    let manager = manager.map_or(String::new(), |(_, value)| format!(" (managed by {value})"));
    Some(format!("The code remains in configmap/{source}{manager}."))
}

/// The recovery volumes that the deletion leaves behind, likewise.
pub(crate) async fn volumes_that_remain(session: &Session, dataflow: &Dataflow) -> Option<String> {
    let name = DataflowName::try_from(dataflow.metadata.name.as_deref()?).ok()?;
    let claims = session.store_claims(&name).await.ok()?;
    let status = dataflow.status.as_ref();
    let ledger = status.and_then(|status| status.recovery.as_ref());
    let volumes = Volumes::of(&name, ledger, &claims).own;
    let volumes: Vec<String> = volumes
        .iter()
        .map(|volume| format!("{} ({})", volume.name, volume.size))
        .collect();
    (!volumes.is_empty()).then(|| {
        format!(
            "What it remembers remains on {}; made anew, it goes on with it.",
            volumes.join(", ")
        )
    })
}
