//! The pods: one for each process of the gang, and one that tries a revision.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, ConfigMapVolumeSource, Container, EmptyDirVolumeSource, LocalObjectReference, Pod,
    PodAffinityTerm, PodSpec, PodTemplateSpec, Volume,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::{PlanContext, backup, container, extra, labelled, security, store};
use crate::code::CodeHash;
use crate::label;
use crate::revision::RevisionId;
use crate::validate::{ValidatedDataflow, ValidatedRecovery};

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
                init_containers: Some(self.before_the_process()),
                restart_policy: Some("Always".to_owned()),
                affinity: self.affinity(),
                volumes: Some(self.process_volumes()),
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

    /// The agent's containers; `keep` goes on beside the process.
    fn before_the_process(&self) -> Vec<Container> {
        let mut containers = vec![container::install(self), container::fetch(self)];
        if self.dataflow.recovery.is_some() {
            containers.push(container::verify(self));
        }
        containers.push(container::keep(self));
        containers
    }

    /// What both kinds of pod have in common.
    fn spec(&self) -> PodSpec {
        PodSpec {
            volumes: Some(self.volumes()),
            ..placement(self.dataflow)
        }
    }

    /// Where the user wants the processes; all on one node if they share a volume, since a volume
    /// is attached to one node only.
    fn affinity(&self) -> Option<Affinity> {
        let chart = self.dataflow.chart.affinity.clone();
        let shares = |recovery: &&ValidatedRecovery| recovery.single_volume;
        if self.dataflow.recovery.as_ref().filter(shares).is_none() {
            return chart;
        }
        let together = PodAffinityTerm {
            label_selector: Some(LabelSelector {
                match_labels: Some(label::selector(&self.dataflow.name)),
                ..LabelSelector::default()
            }),
            topology_key: "kubernetes.io/hostname".to_owned(),
            ..PodAffinityTerm::default()
        };
        let mut affinity = chart.unwrap_or_default();
        affinity
            .pod_affinity
            .get_or_insert_default()
            .required_during_scheduling_ignored_during_execution
            .get_or_insert_default()
            .push(together);
        Some(affinity)
    }

    fn process_volumes(&self) -> Vec<Volume> {
        let shares = |recovery: &&ValidatedRecovery| recovery.single_volume;
        let shared = self.dataflow.recovery.as_ref().filter(shares);
        let mut volumes = self.volumes();
        volumes.extend(shared.map(|_| store::shared_volume(&self.dataflow.name)));
        // One partition at a time, and none is larger than a volume.
        let size = self
            .dataflow
            .recovery
            .as_ref()
            .map(|recovery| recovery.size.as_str());
        volumes.extend(backup::scratch(self.dataflow, size));
        volumes
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
        let ours = [
            scratch("waxrun", Some("64Mi")),
            snapshot,
            // How much the user's code writes is not for us to limit.
            scratch("workdir", None),
            scratch("run", Some("64Mi")),
            scratch("tmp", None),
        ];
        let extra = self.dataflow.chart.extra_volume_mounts.iter();
        ours.into_iter().chain(extra.map(extra::volume)).collect()
    }
}

/// Where a pod may run and how it is secured and stopped, the same for every kind of pod.
pub(super) fn placement(dataflow: &ValidatedDataflow) -> PodSpec {
    let chart = &dataflow.chart;
    let node_selector = chart.node_selector.clone();
    let tolerations = chart.tolerations.clone();
    PodSpec {
        affinity: chart.affinity.clone(),
        automount_service_account_token: Some(false),
        // Hundreds of Services would otherwise become thousands of variables.
        enable_service_links: Some(false),
        image_pull_secrets: pull_secrets(dataflow),
        node_selector: (!node_selector.is_empty()).then_some(node_selector),
        security_context: Some(security::pod(chart.pod_security_context.as_ref())),
        termination_grace_period_seconds: Some(GRACE_SECONDS),
        tolerations: (!tolerations.is_empty()).then_some(tolerations),
        ..PodSpec::default()
    }
}

fn pull_secrets(dataflow: &ValidatedDataflow) -> Option<Vec<LocalObjectReference>> {
    let named = dataflow
        .pull_secret
        .iter()
        .map(|name| LocalObjectReference { name: name.clone() });
    let mut secrets: Vec<LocalObjectReference> = named.collect();
    for secret in &dataflow.chart.image_pull_secrets {
        if !secrets.contains(secret) {
            secrets.push(secret.clone());
        }
    }
    (!secrets.is_empty()).then_some(secrets)
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
