//! The StatefulSet that holds the processes of a gang.

use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::metadata::labelled;
use super::template::Template;
use super::{claim, pod};
use crate::label;

/// Returns the StatefulSet of the gang.
///
/// Its policies are Parallel and OnDelete: all pods start at once, and Kubernetes replaces no pod after a change of the
/// template. A gang with mixed revisions or sizes would wait forever, so only the operator stops and starts the gang.
pub(super) fn stateful_set(template: &Template<'_>) -> StatefulSet {
    let dataflow = template.dataflow;
    StatefulSet {
        metadata: labelled(dataflow, dataflow.name.stateful_set(), template.context),
        spec: Some(StatefulSetSpec {
            pod_management_policy: Some("Parallel".to_owned()),
            replicas: Some(dataflow.processes),
            revision_history_limit: Some(2),
            selector: LabelSelector {
                match_labels: Some(label::selector(&dataflow.name)),
                ..LabelSelector::default()
            },
            service_name: Some(dataflow.name.headless_service()),
            template: pod::process_pod(template),
            update_strategy: Some(StatefulSetUpdateStrategy {
                type_: Some("OnDelete".to_owned()),
                ..StatefulSetUpdateStrategy::default()
            }),
            volume_claim_templates: dataflow
                .recovery
                .as_ref()
                .filter(|recovery| !recovery.single_volume)
                .map(|_| vec![claim::claim_template()]),
            ..StatefulSetSpec::default()
        }),
        status: None,
    }
}
