//! Security settings of pods: the restricted Pod Security Standard and a read-only root file system.

use k8s_openapi::api::core::v1::{
    Capabilities, PodSecurityContext, SeccompProfile, SecurityContext,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const USER: i64 = 65532;
const GROUP: i64 = 3000;
const FILE_GROUP: i64 = 2000;

/// Returns the settings of a pod. Each field that the user sets replaces the default.
pub(super) fn pod(user: Option<&PodSecurityContext>) -> PodSecurityContext {
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
    overlaid(ours, user)
}

/// Returns the settings of the container that runs the user's code. Each field that the user sets replaces the default.
pub(super) fn container(user: Option<&SecurityContext>) -> SecurityContext {
    overlaid(agent(), user)
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

fn overlaid<T: Serialize + DeserializeOwned>(ours: T, user: Option<&T>) -> T {
    let Some(user) = user else { return ours };
    let as_json = |context: &T| serde_json::to_value(context).expect("a context is plain JSON");
    let mut merged = as_json(&ours);
    if let (Value::Object(merged), Value::Object(user)) = (&mut merged, as_json(user)) {
        merged.extend(user);
    }
    serde_json::from_value(merged).expect("fields of two contexts make a context")
}
