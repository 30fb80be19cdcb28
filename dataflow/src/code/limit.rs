//! How large the code may be.

/// Size above which `kubectl apply` on the client's side no longer works, in bytes: the annotation
/// it writes may have 256 KiB, and the text in it is escaped.
pub const WARN_BYTES: usize = 200 * 1024;

/// Size above which the API server refuses a ConfigMap, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
