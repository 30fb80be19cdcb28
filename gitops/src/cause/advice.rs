//! The next commands for each reason. [docs/status.md](../../docs/status.md) explains them.

use dataflow::status::{ConditionType, Reason, find, holds};
use kube::ResourceExt as _;

use super::controller::ControllerKind;
use super::facts::Facts;

impl Facts<'_> {
    /// Returns the commands to type next, the most useful one first.
    pub(super) fn advice(&self) -> Vec<String> {
        let flow = self.dataflow;
        let (name, namespace) = (flow.name_any(), flow.namespace().unwrap_or_default());
        let at = format!("{name} -n {namespace}");
        let mut next = self.of_controller();
        if flow.metadata.deletion_timestamp.is_some() {
            return vec![format!(
                "kubectl get dataflow {at} -o jsonpath={{.metadata.finalizers}}"
            )];
        }
        let Some(status) = &flow.status else {
            next.push("waxctl install  # if no operator runs in this cluster".to_owned());
            next.push("kubectl get pods -A -l app.kubernetes.io/name=wax-operator".to_owned());
            return next;
        };
        let conditions = &status.conditions;
        let reason = [
            ConditionType::Stalled,
            ConditionType::Reconciling,
            ConditionType::Ready,
        ]
        .into_iter()
        .filter_map(|kind| find(conditions, kind))
        .find(|condition| condition.status == "True" || condition.type_ == "Ready")
        .and_then(|condition| condition.reason.parse().ok());
        next.extend(
            reason
                .map(|reason| self.of_reason(reason, &at))
                .unwrap_or_default(),
        );
        if holds(conditions, ConditionType::BackupFailing) {
            next.push(format!("waxctl df backups {at}"));
        }
        next
    }

    fn of_controller(&self) -> Vec<String> {
        let Some(Ok(state)) = &self.controller else {
            return Vec::new();
        };
        if state.problem.is_none() {
            return Vec::new();
        }
        let (name, namespace) = (&state.controller.name, &state.controller.namespace);
        vec![match state.controller.kind {
            ControllerKind::Kustomization => {
                format!("flux get kustomization {name} -n {namespace}")
            }
            ControllerKind::Application => format!("argocd app get {name}"),
        }]
    }

    fn of_reason(&self, reason: Reason, at: &str) -> Vec<String> {
        let commit = |flags: &str| format!("waxctl df commit SOURCE {flags}");
        match reason {
            Reason::Running | Reason::Completed => Vec::new(),
            Reason::Suspended => vec![format!("waxctl df resume {at}")],
            Reason::WaitingForReference | Reason::MissingReference => {
                let namespace = self.dataflow.namespace().unwrap_or_default();
                vec![format!(
                    "kubectl get configmap,secret -n {namespace}  # create the one that is missing"
                )]
            }
            Reason::InvalidSpec | Reason::NotSupportedYet | Reason::NotHonoured => vec![
                format!("waxctl df get {at} -o yaml  # correct the fields in its source"),
                "waxctl df validate  # in the repository, before the next commit".to_owned(),
            ],
            Reason::NameTaken => vec![details(at), commit("--name OTHER")],
            Reason::CRDTooOld => vec!["waxctl install".to_owned()],
            Reason::DiskFull => vec![commit("--recovery-size SIZE")],
            Reason::StateLost => vec![
                rollback(at),
                commit("--accept-state-loss  # only if the state may be lost"),
            ],
            Reason::CopyFailed
            | Reason::BucketRefused
            | Reason::ScratchFull
            | Reason::CopiesTakeLong
            | Reason::CopiesFit
            | Reason::NothingFits => vec![format!("waxctl df backups {at}")],
            Reason::Starting
            | Reason::Stopping
            | Reason::Probing
            | Reason::ChangingStore
            | Reason::ProbeFailed
            | Reason::CrashLoop
            | Reason::ImagePull
            | Reason::PodUnreachable
            | Reason::NotFormed
            | Reason::StoreRefused
            | Reason::Unschedulable => self.of_pods(reason, at),
        }
    }

    /// Returns the commands for a reason whose cause is in a pod.
    fn of_pods(&self, reason: Reason, at: &str) -> Vec<String> {
        let suspect = self.suspect();
        let pod = suspect.as_ref().map(|suspect| suspect.pod.clone());
        let node = suspect.as_ref().and_then(|suspect| suspect.node.clone());
        let (pod, node) = (pod.unwrap_or_default(), node.unwrap_or_default());
        let namespace = self.dataflow.namespace().unwrap_or_default();
        let describe = format!("kubectl describe pod {pod} -n {namespace}");
        match reason {
            Reason::ProbeFailed => vec![
                self.logs(at),
                "waxctl run FILE  # tries the code on this machine".to_owned(),
            ],
            Reason::CrashLoop => vec![self.logs(at), rollback(at)],
            Reason::ImagePull => vec![
                describe,
                "waxctl df commit SOURCE --image-repository IMAGE --image-tag TAG".to_owned(),
            ],
            Reason::PodUnreachable => vec![
                format!("kubectl get node {node}  # bring it back"),
                format!(
                    "kubectl delete pod {pod} -n {namespace} --force  # only if the node is certainly off"
                ),
            ],
            Reason::NotFormed => vec![
                details(at),
                format!("kubectl get networkpolicy -n {namespace}"),
            ],
            Reason::StoreRefused => vec![
                details(at),
                format!("kubectl get pvc -n {namespace}"),
                format!("waxctl df restore {at}  # shows what a backup would replace"),
            ],
            Reason::Unschedulable => vec![describe, "kubectl get nodes".to_owned()],
            _ => {
                let stuck = suspect.is_some_and(|suspect| suspect.failed && !suspect.has_log);
                let wait = format!("waxctl df wait {at}");
                if stuck {
                    vec![describe, wait]
                } else {
                    vec![wait]
                }
            }
        }
    }

    /// Returns the command for the log of the pod that explains most.
    fn logs(&self, at: &str) -> String {
        let suspect = self.suspect().filter(|suspect| suspect.has_log);
        match suspect {
            Some(suspect) if suspect.component != dataflow::label::PROCESS => {
                let namespace = self.dataflow.namespace().unwrap_or_default();
                let (pod, container) = (&suspect.pod, &suspect.container);
                format!("kubectl logs {pod} -n {namespace} -c {container}")
            }
            Some(suspect) if !suspect.previous => format!("waxctl df logs {at}"),
            _ => format!("waxctl df logs {at} --previous"),
        }
    }
}

fn details(at: &str) -> String {
    format!("waxctl df get {at}")
}

fn rollback(at: &str) -> String {
    format!("waxctl df rollback {at} --yes  # to the revision before")
}
