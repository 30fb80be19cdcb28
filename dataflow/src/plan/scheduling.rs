//! The scheduling, security and termination settings that all pods have.

use k8s_openapi::api::core::v1::{LocalObjectReference, PodSpec};

use super::security;
use crate::validate::ValidatedDataflow;

/// Termination grace period in seconds. The agent stops at once, so the period matters only on very slow nodes.
const GRACE_SECONDS: i64 = 10;

/// Returns a pod spec with the scheduling, security and termination settings of every kind of pod.
pub(super) fn placement(dataflow: &ValidatedDataflow) -> PodSpec {
    let chart = &dataflow.chart;
    let node_selector = chart.node_selector.clone();
    let tolerations = chart.tolerations.clone();
    PodSpec {
        affinity: chart.affinity.clone(),
        automount_service_account_token: Some(false),
        // Otherwise every Service of the namespace would add several environment variables.
        enable_service_links: Some(false),
        image_pull_secrets: pull_secrets(dataflow),
        node_selector: (!node_selector.is_empty()).then_some(node_selector),
        security_context: Some(security::pod(chart)),
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
