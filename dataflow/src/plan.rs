//! Computes every child object of a Dataflow from the spec and a few facts of the cluster ([`PlanContext`]).
//!
//! The same input gives the same objects, byte by byte. Objects that are compared, recorded or printed do not depend on
//! the time or the place of the computation. Begin reading at [`plan()`].

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Pod, Service};

use crate::code::CodeHash;
use crate::revision::RevisionId;
use crate::validate::ValidatedDataflow;

mod agent;
mod backup;
mod change;
mod claim;
mod code_config_map;
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
mod stateful_set;
mod template;
mod variable;
mod volume;

#[cfg(test)]
mod tests;

pub use agent::{Agent, AgentInterface};
pub use backup::backup_secret;
pub use change::{StoreChangeSpec, inspection_pod, store_pod};
pub use claim::{claim, claim_name};
pub use code_config_map::code_config_map;
pub use context::{PlanContext, StoreLayout};
pub use metadata::owner_reference;
pub use record::{FORMAT_VERSION, RecordError, RevisionRecord, revision_record};
pub use service::service_differs;

/// The child objects of one start of a revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Headless Service through which the processes find each other.
    pub headless_service: Service,
    /// Service of the pods' API.
    pub api_service: Service,
    /// StatefulSet of the processes. Its size is `spec.processesCount`, also while the Dataflow is suspended.
    pub stateful_set: StatefulSet,
    /// Probe pod, which loads the revision before the gang is restarted.
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
