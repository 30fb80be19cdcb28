//! Metadata of the child objects: names, labels and the owner reference.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Resource;

use super::context::PlanContext;
use crate::label;
use crate::name::DataflowName;
use crate::spec::Dataflow;
use crate::validate::ValidatedDataflow;

/// Returns the owner reference that makes an object a child of the Dataflow.
#[must_use]
pub fn owner_reference(name: &DataflowName, uid: &str) -> OwnerReference {
    OwnerReference {
        api_version: Dataflow::api_version(&()).into_owned(),
        block_owner_deletion: Some(true),
        controller: Some(true),
        kind: Dataflow::kind(&()).into_owned(),
        name: name.to_string(),
        uid: uid.to_owned(),
    }
}

/// Returns the metadata of a child: its name, the labels of all children, and its owner.
pub(super) fn metadata(
    dataflow: &DataflowName,
    name: String,
    namespace: &str,
    uid: Option<&str>,
) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(namespace.to_owned()),
        labels: Some(label::common(dataflow)),
        owner_references: uid.map(|uid| vec![owner_reference(dataflow, uid)]),
        ..ObjectMeta::default()
    }
}

/// Returns the metadata of a child that also has the user's labels. The platform's labels win.
pub(super) fn labelled(
    dataflow: &ValidatedDataflow,
    name: String,
    context: &PlanContext,
) -> ObjectMeta {
    let mut metadata = metadata(
        &dataflow.name,
        name,
        &context.namespace,
        context.uid.as_deref(),
    );
    let mut labels = dataflow.chart.extra_labels.clone();
    labels.extend(metadata.labels.take().unwrap_or_default());
    metadata.labels = Some(labels);
    metadata
}
