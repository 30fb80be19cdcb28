//! Checks before an operation, against the API server instead of the cache.
//!
//! Race: the cache may show an old version of the Dataflow. These checks prevent operations that follow
//! from it. In addition every write is guarded: it creates an object that does not exist, or it
//! carries the identity of its object.

use dataflow::label;
use dataflow::spec::Dataflow;
use kube::core::PartialObjectMeta;
use kube::{Api, Client, ResourceExt};

use crate::decide::{Operation, StoreOperation};
use crate::error::{Call, Race, ReconcileError};
use crate::observe::View;

/// Part of the Dataflow that must not have changed since it was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precondition {
    /// No part: the guard of the write itself is sufficient.
    None,
    /// UID, generation, and the annotations that request a restart or a suspension.
    Spec,
    /// The whole Dataflow, including its status.
    Version,
}

impl Precondition {
    /// Returns the part that an operation relies on.
    pub(super) fn for_operation(operation: &Operation) -> Self {
        match operation {
            // A stop that follows from an old spec would cause an outage.
            Operation::Stop(_) => Self::Spec,
            // The outcome of a probe is recorded only in its pod. If an old spec caused the deletion, a
            // refused revision would be started without a probe.
            Operation::DeleteProbe(..) => Self::Spec,
            Operation::Store(_, operation) => match operation {
                // Race: the cache may show PVCs, but not yet the ledger that they belong to.
                StoreOperation::Inspect(_) => Self::Version,
                StoreOperation::WriteLedger { .. }
                | StoreOperation::CreateClaim(_)
                | StoreOperation::GrowClaim { .. }
                | StoreOperation::CreatePod { .. }
                | StoreOperation::DeletePod(..) => Self::None,
            },
            // A start allocates its number by a status write that is pinned to the observed version.
            Operation::Start { .. } => Self::None,
            Operation::None
            | Operation::CreateCodeConfigMap(_)
            | Operation::CreateRecord(_)
            | Operation::WriteHeadlessService(..)
            | Operation::WriteApiService(..)
            | Operation::CreateProbe
            | Operation::BackUp
            | Operation::DeletePods(_)
            | Operation::RemoveSet(_)
            | Operation::Gate(_)
            | Operation::Complete(_)
            | Operation::DeleteObsolete(_) => Self::None,
        }
    }

    /// Reads the Dataflow from the API server and checks that the part has not changed.
    pub(super) async fn confirm(self, view: &View, client: &Client) -> Result<(), ReconcileError> {
        let seen = &view.dataflow;
        let holds = match self {
            Self::None => return Ok(()),
            Self::Spec => {
                let live = live(view, client).await?;
                live.metadata.uid == seen.metadata.uid
                    && live.metadata.generation == seen.metadata.generation
                    && [label::RESTARTED_AT, label::SUSPENDED_UNTIL]
                        .iter()
                        .all(|key| live.annotations().get(*key) == seen.annotations().get(*key))
            }
            Self::Version => {
                let live = live(view, client).await?;
                live.metadata.resource_version == seen.metadata.resource_version
            }
        };
        if holds {
            Ok(())
        } else {
            Err(ReconcileError::Overtaken {
                action: "act on the observed Dataflow",
                race: Race::Changed,
            })
        }
    }
}

async fn live(view: &View, client: &Client) -> Result<PartialObjectMeta<Dataflow>, ReconcileError> {
    let api: Api<Dataflow> = Api::namespaced(client.clone(), &view.namespace());
    api.get_metadata(&view.dataflow.name_any())
        .await
        .map_err(ReconcileError::api(Call::Existing, "read the Dataflow"))
}
