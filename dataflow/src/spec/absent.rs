//! What an absent field means.

/// Repository that is used where the spec names none.
pub const DEFAULT_REPOSITORY: &str = "bytewax/bytewax";

/// Pull secret that is used where the spec names none; the published CRD defaults to it.
pub const DEFAULT_PULL_SECRET: &str = "default-credentials";

/// Region of a bucket where the spec names none.
pub(crate) const DEFAULT_REGION: &str = "us-east-1";

/// Size of each recovery volume where the spec names none.
pub const DEFAULT_VOLUME_SIZE: &str = "10Gi";

/// The text, unless it is empty: clients written in Go send `""` for a field nobody set.
pub(crate) fn present(text: Option<&String>) -> Option<&String> {
    text.filter(|text| !text.is_empty())
}

/// A copy of [`present`].
pub(crate) fn filled(text: Option<&String>) -> Option<String> {
    present(text).cloned()
}
