//! Every child object of a Dataflow, computed from the spec and a few facts of the cluster.
//!
//! The same input gives the same objects, byte by byte: what is compared, recorded or printed never
//! depends on when or where it was computed.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Pod, Service};

use crate::code::CodeHash;
use crate::revision::RevisionId;
use crate::validate::ValidatedDataflow;

mod agent;
mod backup;
mod change;
mod claim;
mod container;
mod context;
mod environment;
mod extra;
mod metadata;
mod pod;
mod record;
mod recovery;
mod scheduling;
mod security;
mod service;
mod snapshot;
mod stateful_set;
mod template;
mod variable;
mod volume;

#[cfg(test)]
mod tests;

pub use agent::{Agent, AgentInterface};
pub use backup::backup_secret;
pub use change::{StoreJob, inspection_pod, store_pod};
pub use claim::{claim, claim_name};
pub use context::{PlanContext, Store};
pub use metadata::owner_reference;
pub use record::{FORMAT_VERSION, RecordError, RevisionRecord, revision_record};
pub use service::service_differs;
pub use snapshot::snapshot;

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
    let template = template::Template {
        dataflow,
        revision,
        code,
        context,
    };
    Plan {
        headless_service: service::headless(dataflow, context),
        api_service: service::api(dataflow, context),
        stateful_set: stateful_set::stateful_set(&template),
        probe_pod: pod::probe_pod(&template),
    }
}
