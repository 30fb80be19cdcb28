//! Every child object of a Dataflow, computed from the spec and a few facts of the cluster.
//!
//! The same input gives the same objects, byte by byte: what is compared, recorded or printed never
//! depends on when or where it was computed.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Resource;

use crate::code::CodeHash;
use crate::label;
use crate::name::DataflowName;
use crate::revision::RevisionId;
use crate::spec::Dataflow;
use crate::validate::ValidatedDataflow;

mod backup;
mod container;
mod environment;
mod extra;
mod pod;
mod record;
mod security;
mod service;
mod snapshot;
mod stateful_set;
mod store;

#[cfg(test)]
mod tests;

pub use backup::backup_secret;
pub use record::{FORMAT_VERSION, RecordError, RevisionRecord, revision_record};
pub use service::service_differs;
pub use snapshot::snapshot;
pub use store::{Store, StoreJob, claim, claim_name, inspection_pod, store_pod};

/// Port of the engine's own web server inside of a pod; nobody but the agent speaks to it.
pub const ENGINE_PORT: i32 = 3031;

/// Port on which the processes of a gang agree to start their engines together.
pub const RENDEZVOUS_PORT: i32 = 3032;

/// Facts that the children depend on besides the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanContext {
    /// Namespace of the Dataflow.
    pub namespace: String,
    /// UID of the Dataflow; the children carry no owner without it.
    pub uid: Option<String>,
    /// Image with the agent.
    pub agent_image: String,
    /// Number of the start.
    pub start: i64,
    /// Restart that has been asked for, as the annotation says it.
    pub restarted_at: Option<String>,
    /// The recovery store that the start stands on, if the dataflow keeps state.
    pub store: Option<Store>,
}

/// The children that make up one start of a revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Service through which the processes find each other.
    pub headless_service: Service,
    /// Service in front of the pods' API.
    pub api_service: Service,
    /// The processes. Its size is what the spec asks for, also while the Dataflow is suspended.
    pub stateful_set: StatefulSet,
    /// Pod that tries the revision before it is started.
    pub probe_pod: Pod,
}

/// Computes the children of a Dataflow.
#[must_use]
pub fn plan(
    dataflow: &ValidatedDataflow,
    revision: &RevisionId,
    code: &CodeHash,
    context: &PlanContext,
) -> Plan {
    let template = pod::Template {
        dataflow,
        revision,
        code,
        context,
    };
    Plan {
        headless_service: service::headless(dataflow, context),
        api_service: service::api(dataflow, context),
        stateful_set: stateful_set::stateful_set(&template),
        probe_pod: template.probe_pod(),
    }
}

/// Reference that makes an object a child of the Dataflow.
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

/// Metadata of a child: its name, the labels all children have, and its owner.
fn metadata(
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

/// Metadata of a child that carries the user's labels too. Ours win.
fn labelled(dataflow: &ValidatedDataflow, name: String, context: &PlanContext) -> ObjectMeta {
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
