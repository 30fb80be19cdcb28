//! What is looked at once more, past the cache, before a step is taken.
//!
//! Every write is guarded besides: it creates what is absent, or names the very object it means. The
//! look spares what an old view of the Dataflow would cause.

use dataflow::label;
use dataflow::spec::Dataflow;
use kube::core::PartialObjectMeta;
use kube::{Api, Client, ResourceExt};

use crate::decide::{Step, StoreStep};
use crate::error::{Call, Race, ReconcileError};
use crate::observe::View;

/// What must still be as it was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precondition {
    /// Nothing: the guard of the write itself is enough.
    None,
    /// What is asked for.
    Spec,
    /// The whole Dataflow, its status included.
    Version,
}

impl Precondition {
    /// What a step relies on.
    pub(super) fn of(step: &Step) -> Self {
        match step {
            // An old view would cause an outage.
            Step::Stop(_) => Self::Spec,
            // What a probe found is written nowhere else: a refused revision would start untried.
            Step::DeleteProbe(..) => Self::Spec,
            Step::Store(_, step) => match step {
                // An old view may show the claims of a ledger that it does not show yet.
                StoreStep::Inspect(_) => Self::Version,
                StoreStep::WriteLedger { .. }
                | StoreStep::CreateClaim(_)
                | StoreStep::GrowClaim { .. }
                | StoreStep::CreatePod { .. }
                | StoreStep::DeletePod(..) => Self::None,
            },
            // A start draws its number on the very version that was observed.
            Step::Start { .. } => Self::None,
            Step::Rest
            | Step::CreateCodeConfigMap(_)
            | Step::CreateRecord(_)
            | Step::WriteHeadlessService(..)
            | Step::WriteApiService(..)
            | Step::CreateProbe
            | Step::BackUp
            | Step::DeletePods(_)
            | Step::RemoveSet(_)
            | Step::Gate(_)
            | Step::Complete(_)
            | Step::Drop(_) => Self::None,
        }
    }

    /// Asks the API server whether it holds.
    pub(super) async fn confirm(self, view: &View, client: &Client) -> Result<(), ReconcileError> {
        let seen = &view.dataflow;
        let holds = match self {
            Self::None => return Ok(()),
            Self::Spec => {
                let live = live(view, client).await?;
                live.metadata.uid == seen.metadata.uid
                    && live.metadata.generation == seen.metadata.generation
                    && live.annotations().get(label::RESTARTED_AT)
                        == seen.annotations().get(label::RESTARTED_AT)
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
                action: "act on what was seen of the Dataflow",
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
