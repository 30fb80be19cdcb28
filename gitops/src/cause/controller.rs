//! The GitOps controller's own object, which knows the commit that it has applied last.

use dataflow::Dataflow;
use serde_json::Value;

/// Annotation of Argo CD: `APPLICATION:GROUP/KIND:NAMESPACE/NAME`, possibly after `NAMESPACE_`.
const TRACKING_ID: &str = "argocd.argoproj.io/tracking-id";
const KUSTOMIZATION_NAME: &str = "kustomize.toolkit.fluxcd.io/name";
const KUSTOMIZATION_NAMESPACE: &str = "kustomize.toolkit.fluxcd.io/namespace";

/// Kind of a controller's object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControllerKind {
    /// An Application of Argo CD.
    Application,
    /// A Kustomization of Flux.
    Kustomization,
}

/// The object of the controller that manages a Dataflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// Kind of the object.
    pub kind: ControllerKind,
    /// Namespace of the object.
    pub namespace: String,
    /// Name of the object.
    pub name: String,
}

/// What the controller's object says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControllerState {
    /// The object.
    pub controller: Controller,
    /// Revision that it has applied last, such as `main@sha1:3f2a90bc`.
    pub revision: Option<String>,
    /// Why it cannot apply a newer one.
    pub problem: Option<String>,
}

impl Controller {
    /// Returns the object that a Dataflow's labels and annotations name.
    #[must_use]
    pub fn of(dataflow: &Dataflow) -> Option<Self> {
        let metadata = &dataflow.metadata;
        let mark = |key: &str| {
            let all = [&metadata.labels, &metadata.annotations];
            all.into_iter()
                .flatten()
                .find_map(|marks| marks.get(key).cloned())
        };
        if let Some(name) = mark(KUSTOMIZATION_NAME) {
            return Some(Self {
                kind: ControllerKind::Kustomization,
                namespace: mark(KUSTOMIZATION_NAMESPACE)?,
                name,
            });
        }
        let tracking = mark(TRACKING_ID)?;
        let application = tracking.split(':').next().unwrap_or_default();
        let (namespace, name) = application
            .split_once('_')
            .unwrap_or(("argocd", application));
        Some(Self {
            kind: ControllerKind::Application,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Reads the object's status.
    #[must_use]
    pub fn state(self, object: &Value) -> ControllerState {
        let status = &object["status"];
        let text = |value: &Value| {
            value
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let failed = |condition: &&Value| match self.kind {
            ControllerKind::Kustomization => {
                condition["type"] == "Ready" && condition["status"] == "False"
            }
            ControllerKind::Application => {
                let kind = condition["type"].as_str().unwrap_or_default();
                kind.ends_with("Error")
            }
        };
        let conditions = status["conditions"].as_array();
        let condition = conditions.into_iter().flatten().find(failed);
        let (revision, phase) = match self.kind {
            ControllerKind::Kustomization => (text(&status["lastAppliedRevision"]), None),
            ControllerKind::Application => {
                let operation = &status["operationState"];
                let failed = matches!(operation["phase"].as_str(), Some("Failed" | "Error"));
                let message = text(&operation["message"]).filter(|_| failed);
                (text(&status["sync"]["revision"]), message)
            }
        };
        ControllerState {
            revision,
            problem: condition
                .and_then(|condition| text(&condition["message"]))
                .or(phase),
            controller: self,
        }
    }

    /// Returns kind and name, as people write them.
    #[must_use]
    pub fn shown(&self) -> String {
        let Self {
            kind,
            namespace,
            name,
        } = self;
        match kind {
            ControllerKind::Application => format!("Argo CD application {namespace}/{name}"),
            ControllerKind::Kustomization => format!("Flux kustomization {namespace}/{name}"),
        }
    }
}

impl ControllerState {
    pub(super) fn text(&self) -> String {
        let revision = self.revision.as_deref().unwrap_or("nothing yet");
        let shown = self.controller.shown();
        match &self.problem {
            None => format!("{shown} has applied {revision}"),
            Some(problem) => {
                format!("{shown} has applied {revision}, but cannot continue: {problem}")
            }
        }
    }
}
