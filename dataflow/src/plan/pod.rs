//! The pods: one for each process of the gang, and one that tries a revision.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, EmptyDirVolumeSource, LocalObjectReference, Pod, PodSpec,
    PodTemplateSpec, Volume,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{PlanContext, container, labelled, security};
use crate::code::CodeHash;
use crate::label;
use crate::revision::RevisionId;
use crate::validate::ValidatedDataflow;

/// Seconds between the request to stop and the kill. The agent stops at once, so this is only for
/// nodes that are very slow.
const GRACE_SECONDS: i64 = 10;

/// Everything that a pod is made from.
pub(super) struct Template<'a> {
    pub(super) dataflow: &'a ValidatedDataflow,
    pub(super) revision: &'a RevisionId,
    pub(super) code: &'a CodeHash,
    pub(super) context: &'a PlanContext,
}

impl Template<'_> {
    /// Template of the pods that run the processes. Its labels say what runs.
    pub(super) fn process_pod(&self) -> PodTemplateSpec {
        let mut labels = self.labels(label::PROCESS);
        labels.insert(label::START.to_owned(), self.context.start.to_string());
        labels.insert(
            label::PROCESSES.to_owned(),
            self.dataflow.processes.to_string(),
        );
        let mut annotations = self.annotations(self.dataflow.chart.container());
        if let Some(restarted_at) = &self.context.restarted_at {
            annotations.insert(label::RESTARTED_AT.to_owned(), restarted_at.clone());
        }
        PodTemplateSpec {
            metadata: Some(ObjectMeta {
                annotations: Some(annotations),
                labels: Some(labels),
                ..ObjectMeta::default()
            }),
            spec: Some(PodSpec {
                containers: vec![container::process(self)],
                init_containers: Some(vec![
                    container::install(self),
                    container::fetch(self),
                    container::keep(self),
                ]),
                restart_policy: Some("Always".to_owned()),
                ..self.spec()
            }),
        }
    }

    /// Pod that tries the revision. It ends, and what it said stays until the operator removes it.
    pub(super) fn probe_pod(&self) -> Pod {
        let name = self.dataflow.name.probe_pod(self.revision);
        let mut metadata = labelled(self.dataflow, name, self.context);
        metadata.labels = Some(self.labels(label::PROBE));
        metadata.annotations = Some(self.annotations(label::PROBE));
        Pod {
            metadata,
            spec: Some(PodSpec {
                containers: vec![container::probe(self)],
                init_containers: Some(vec![container::install(self), container::fetch(self)]),
                restart_policy: Some("Never".to_owned()),
                ..self.spec()
            }),
            status: None,
        }
    }

    /// The user's labels, then ours over them.
    fn labels(&self, component: &str) -> BTreeMap<String, String> {
        let chart = &self.dataflow.chart;
        let mut labels = chart.extra_labels.clone();
        labels.extend(chart.pod_labels.clone());
        labels.extend(label::common(&self.dataflow.name));
        labels.extend(
            [
                ("app.kubernetes.io/instance", self.dataflow.name.as_str()),
                (label::COMPONENT, component),
                (label::REVISION, self.revision.as_str()),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        labels
    }

    fn annotations(&self, container: &str) -> BTreeMap<String, String> {
        let mut annotations = self.dataflow.chart.pod_annotations.clone();
        annotations.insert(label::DEFAULT_CONTAINER.to_owned(), container.to_owned());
        annotations
    }

    /// What both kinds of pod have in common.
    fn spec(&self) -> PodSpec {
        let chart = &self.dataflow.chart;
        let node_selector = chart.node_selector.clone();
        let tolerations = chart.tolerations.clone();
        PodSpec {
            affinity: chart.affinity.clone(),
            automount_service_account_token: Some(false),
            // Hundreds of Services would otherwise become thousands of variables.
            enable_service_links: Some(false),
            image_pull_secrets: self.pull_secrets(),
            node_selector: (!node_selector.is_empty()).then_some(node_selector),
            security_context: Some(security::pod(chart.pod_security_context.as_ref())),
            termination_grace_period_seconds: Some(GRACE_SECONDS),
            tolerations: (!tolerations.is_empty()).then_some(tolerations),
            volumes: Some(self.volumes()),
            ..PodSpec::default()
        }
    }

    fn pull_secrets(&self) -> Option<Vec<LocalObjectReference>> {
        let named = self
            .dataflow
            .pull_secret
            .iter()
            .map(|name| LocalObjectReference { name: name.clone() });
        let mut secrets: Vec<LocalObjectReference> = named.collect();
        for secret in &self.dataflow.chart.image_pull_secrets {
            if !secrets.contains(secret) {
                secrets.push(secret.clone());
            }
        }
        (!secrets.is_empty()).then_some(secrets)
    }

    fn volumes(&self) -> Vec<Volume> {
        let snapshot = Volume {
            name: "snapshot".to_owned(),
            config_map: Some(ConfigMapVolumeSource {
                name: self.dataflow.name.snapshot(self.code),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        };
        vec![
            scratch("waxrun", Some("64Mi")),
            snapshot,
            // How much the user's code writes is not for us to limit.
            scratch("workdir", None),
            scratch("run", Some("64Mi")),
            scratch("tmp", None),
        ]
    }
}

fn scratch(name: &str, limit: Option<&str>) -> Volume {
    Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource {
            size_limit: limit.map(|limit| Quantity(limit.to_owned())),
            ..EmptyDirVolumeSource::default()
        }),
        ..Volume::default()
    }
}
