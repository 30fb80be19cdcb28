//! Reads what explains the state of a Dataflow: its controller's object, its pods, and the end of one log. What cannot
//! be read makes nothing fail.

use dataflow::{Dataflow, label};
use futures::StreamExt as _;
use gitops::cause::{Controller, ControllerKind, ControllerState, LOG_LINES, Suspect, suspect};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DynamicObject, LogParams};
use kube::core::{ApiResource, GroupVersionKind};

use super::process_state::why;
use super::session::Session;
use crate::process_state::Answer;

/// The largest part of a log that is read, in bytes.
const LOG_BYTES: i64 = 64 * 1024;

/// What was read.
pub(crate) struct Evidence {
    /// The state of the GitOps controller; `None` without one.
    pub(crate) controller: Option<Answer<ControllerState>>,
    /// All pods of the Dataflow.
    pub(crate) pods: Answer<Vec<Pod>>,
    /// The last lines of the log of the pod that explains most.
    pub(crate) log: Vec<String>,
}

impl Session {
    /// Reads all that there is.
    pub(crate) async fn evidence(&self, name: &str, dataflow: &Dataflow) -> Evidence {
        let of_flow = format!("{}={name}", label::DATAFLOW_INFO);
        let pods = self
            .pods(&of_flow)
            .await
            .map_err(|error| why(&error.into()));
        let pods = pods.map(|mut pods| {
            pods.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
            pods
        });
        let log = match pods.as_ref().ok().and_then(|pods| suspect(pods)) {
            Some(suspect) if suspect.has_log => self.end_of_log(&suspect).await,
            _ => Vec::new(),
        };
        let controller = match Controller::of(dataflow) {
            None => None,
            Some(controller) => Some(self.controller(controller).await),
        };
        Evidence {
            controller,
            pods,
            log,
        }
    }

    async fn controller(&self, controller: Controller) -> Answer<ControllerState> {
        let (group, version, kind, plural) = match controller.kind {
            ControllerKind::Application => {
                ("argoproj.io", "v1alpha1", "Application", "applications")
            }
            ControllerKind::Kustomization => (
                "kustomize.toolkit.fluxcd.io",
                "v1",
                "Kustomization",
                "kustomizations",
            ),
        };
        let resource =
            ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural);
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), &controller.namespace, &resource);
        let doing = format!("get {}", controller.shown());
        let object = api.get(&controller.name).await;
        let object = object.map_err(|error| why(&self.failed(doing)(error).into()))?;
        Ok(controller.state(&object.data))
    }

    /// Returns the last lines; none if the log cannot be read.
    async fn end_of_log(&self, suspect: &Suspect) -> Vec<String> {
        let params = LogParams {
            container: Some(suspect.container.clone()).filter(|name| !name.is_empty()),
            previous: suspect.previous,
            tail_lines: i64::try_from(LOG_LINES).ok(),
            limit_bytes: Some(LOG_BYTES),
            ..LogParams::default()
        };
        match self.log(&suspect.pod, &params).await {
            Ok(lines) => lines.filter_map(async |line| line.ok()).collect().await,
            Err(_) => Vec::new(),
        }
    }
}
