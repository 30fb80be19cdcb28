//! The default values of absent fields.

/// Default repository of the image.
pub const DEFAULT_REPOSITORY: &str = "bytewax/bytewax";

/// Default pull secret, the same as in the published CRD.
pub const DEFAULT_PULL_SECRET: &str = "default-credentials";

/// Default region of a bucket.
pub(crate) const DEFAULT_REGION: &str = "us-east-1";

/// Default size of each recovery volume.
pub const DEFAULT_VOLUME_SIZE: &str = "10Gi";

/// Returns the text, or `None` if it is empty, since clients written in Go send `""` for a field that is not set.
pub(crate) fn present(text: Option<&String>) -> Option<&String> {
    text.filter(|text| !text.is_empty())
}

/// Returns a copy of the text, or `None` if it is empty.
pub(crate) fn filled(text: Option<&String>) -> Option<String> {
    present(text).cloned()
}
