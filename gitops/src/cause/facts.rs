//! The facts from which the chain is computed.

use dataflow::Dataflow;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use super::controller::ControllerState;
use super::pod::{Suspect, suspect};

/// The facts about one Dataflow.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The Dataflow.
    pub dataflow: &'a Dataflow,
    /// The field manager of its spec.
    pub manager: String,
    /// The state of the GitOps controller, or why it is unknown; `None` if there is no such controller.
    pub controller: Option<Result<ControllerState, String>>,
    /// Its pods, or why they are unknown.
    pub pods: Result<&'a [Pod], String>,
    /// The last lines of the log of the suspect, oldest first.
    pub log: &'a [String],
    /// The present time.
    pub now: Timestamp,
}

impl Facts<'_> {
    /// Returns the pod that explains most, if the pods are known.
    pub(super) fn suspect(&self) -> Option<Suspect> {
        suspect(self.pods.as_ref().ok()?)
    }
}
