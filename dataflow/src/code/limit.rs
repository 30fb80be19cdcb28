//! Limits of the size of the code.

/// Size in bytes above which client-side `kubectl apply` fails. It writes the object into an annotation, which can have
/// at most 256 KiB, and escapes the text.
pub const WARN_BYTES: usize = 200 * 1024;

/// Size in bytes above which the API server rejects a ConfigMap.
pub const MAX_BYTES: usize = 1024 * 1024;
