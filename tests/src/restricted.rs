//! What pods that tests make by hand may do: as little as ours.

use serde_json::{Value, json};

/// As whom they run.
pub const USER: u32 = 65532;

/// `securityContext` of the pod.
pub fn pod() -> Value {
    json!({
        "runAsNonRoot": true,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}

/// `securityContext` of each container.
pub fn container() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
    })
}
