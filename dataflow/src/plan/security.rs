//! Security settings of pods: the restricted Pod Security Standard and a read-only root file system.
//!
//! A field that the user sets replaces the default. One that is null removes it, so that OpenShift can choose the ids.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{
    Capabilities, PodSecurityContext, SeccompProfile, SecurityContext,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::chart_values::ChartValues;

const USER: i64 = 65532;
const GROUP: i64 = 3000;
const FILE_GROUP: i64 = 2000;

/// Returns the settings of a pod.
pub(super) fn pod(chart: &ChartValues) -> PodSecurityContext {
    let ours = PodSecurityContext {
        fs_group: Some(FILE_GROUP),
        run_as_group: Some(GROUP),
        run_as_non_root: Some(true),
        run_as_user: Some(USER),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..SeccompProfile::default()
        }),
        ..PodSecurityContext::default()
    };
    overlaid(
        ours,
        chart.pod_security_context.as_ref(),
        &chart.removed.of_pod,
    )
}

/// Returns the settings of the container that runs the user's code.
pub(super) fn container(chart: &ChartValues) -> SecurityContext {
    let user = chart.security_context.as_ref();
    overlaid(agent(), user, &chart.removed.of_container)
}

/// Returns the settings of the agent's containers.
pub(super) fn agent() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities {
            drop: Some(vec!["ALL".to_owned()]),
            ..Capabilities::default()
        }),
        read_only_root_filesystem: Some(true),
        ..SecurityContext::default()
    }
}

fn overlaid<T: Serialize + DeserializeOwned>(
    ours: T,
    user: Option<&T>,
    removed: &BTreeSet<String>,
) -> T {
    let Some(user) = user else { return ours };
    let as_json = |context: &T| serde_json::to_value(context).expect("a context is plain JSON");
    let mut merged = as_json(&ours);
    if let (Value::Object(merged), Value::Object(user)) = (&mut merged, as_json(user)) {
        merged.extend(user);
        merged.retain(|field, _| !removed.contains(field));
    }
    serde_json::from_value(merged).expect("fields of two contexts make a context")
}
