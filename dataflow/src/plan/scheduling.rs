//! Where a pod may run, and how it is secured and stopped.

use k8s_openapi::api::core::v1::{LocalObjectReference, PodSpec};

use super::security;
use crate::validate::ValidatedDataflow;

/// Seconds between the request to stop and the kill. The agent stops at once, so this is only for
/// nodes that are very slow.
const GRACE_SECONDS: i64 = 10;

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
