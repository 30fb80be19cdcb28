//! Answers to requests for one object.

use serde_json::{Value, json};

/// Applies a JSON patch (RFC 6902), or responds as an API server does if a `test` fails.
pub(super) fn patched(object: &mut Value, body: &[u8], name: &str) -> (u16, Value) {
    let patch: json_patch::Patch = serde_json::from_slice(body).unwrap();
    match json_patch::patch(object, &patch) {
        Ok(()) => (200, object.clone()),
        Err(_) => {
            let message = "the server rejected our request due to an error in our request";
            (422, failure(422, "Invalid", message, name))
        }
    }
}

pub(super) fn failure(code: u16, reason: &str, message: &str, name: &str) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code, "details": {"name": name},
    })
}
