//! Security contexts for pods that tests create themselves. They are as restricted as those of our own pods.

use serde_json::{Value, json};

/// User and group of the containers.
pub const USER: u32 = 65532;

/// Returns the `securityContext` of a pod.
pub fn pod() -> Value {
    json!({
        "runAsNonRoot": true,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}

/// Returns the `securityContext` of a container.
pub fn container() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
    })
}
