//! The pods: the template of the processes' pods, and the probe pod, which loads a revision before it is started.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, ConfigMapVolumeSource, Container, Pod, PodAffinityTerm, PodSpec, PodTemplateSpec,
    Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::metadata::labelled;
use super::scheduling::placement;
use super::template::Template;
use super::volume::empty;
use super::{backup, claim, container, extra};
use crate::label;
use crate::reserved;
use crate::validate::ValidatedRecovery;

/// Returns the template of the pods that run the processes. Its labels contain the revision, the start number and the
/// number of processes.
pub(super) fn process_pod(template: &Template<'_>) -> PodTemplateSpec {
    let mut labels = template.labels(label::PROCESS);
    labels.insert(label::START.to_owned(), template.context.start.to_string());
    labels.insert(
        label::PROCESSES.to_owned(),
        template.dataflow.processes.to_string(),
    );
    let mut annotations = template.annotations(template.dataflow.chart.container());
    if let Some(restarted_at) = &template.context.restarted_at {
        annotations.insert(label::RESTARTED_AT.to_owned(), restarted_at.clone());
    }
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            annotations: Some(annotations),
            labels: Some(labels),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec {
            containers: vec![container::process(template)],
            init_containers: Some(template.before_the_process()),
            restart_policy: Some("Always".to_owned()),
            affinity: template.affinity(),
            volumes: Some(template.process_volumes()),
            ..template.spec()
        }),
    }
}

/// Returns the probe pod. After it has ended, its result stays in its status until the operator deletes the pod.
pub(super) fn probe_pod(template: &Template<'_>) -> Pod {
    let name = template.dataflow.name.probe_pod(template.revision);
    let mut metadata = labelled(template.dataflow, name, template.context);
    metadata.labels = Some(template.labels(label::PROBE));
    metadata.annotations = Some(template.annotations(reserved::PROBE));
    Pod {
        metadata,
        spec: Some(PodSpec {
            containers: vec![container::probe(template)],
            init_containers: Some(template.bring_code()),
            restart_policy: Some("Never".to_owned()),
            ..template.spec()
        }),
        status: None,
    }
}

impl Template<'_> {
    /// Returns the user's labels, overridden by the platform's labels.
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

    /// Returns the agent's init containers. The last one is the sidecar, which keeps running beside the process.
    fn before_the_process(&self) -> Vec<Container> {
        let mut containers = self.bring_code();
        if self.dataflow.recovery.is_some() {
            containers.push(container::verify(self));
        }
        containers.push(container::sidecar(self));
        containers
    }

    /// Returns the init containers that bring the agent and, unless the image has it, the code.
    fn bring_code(&self) -> Vec<Container> {
        let fetch = self.has_config_map().then(|| container::fetch(self));
        [container::install(self)]
            .into_iter()
            .chain(fetch)
            .collect()
    }

    fn has_config_map(&self) -> bool {
        self.dataflow.config_map.is_some()
    }

    /// Returns the part of the spec that both kinds of pods have.
    fn spec(&self) -> PodSpec {
        PodSpec {
            volumes: Some(self.volumes()),
            ..placement(self.dataflow)
        }
    }

    /// Returns the user's affinity. If the processes share a volume, all of them must run on one node, since a volume
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
        volumes.extend(shared.map(|_| claim::shared_volume(&self.dataflow.name)));
        // The agent copies one partition at a time, and no partition is larger than a volume.
        let size = self
            .dataflow
            .recovery
            .as_ref()
            .map(|recovery| recovery.size.as_str());
        volumes.extend(backup::scratch(self.dataflow, size));
        volumes
    }

    fn volumes(&self) -> Vec<Volume> {
        let code = || Volume {
            name: "snapshot".to_owned(),
            config_map: Some(ConfigMapVolumeSource {
                name: self.dataflow.name.code_config_map(self.code),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        };
        let mut volumes = vec![empty("waxrun", Some("64Mi"))];
        volumes.extend(self.has_config_map().then(code));
        // No limit: the user's code can write any amount here.
        volumes.push(empty("workdir", None));
        volumes.extend([empty("run", Some("64Mi")), empty("tmp", None)]);
        let extra = self.dataflow.chart.extra_volume_mounts.iter();
        volumes.extend(extra.map(extra::volume));
        volumes
    }
}
