//! Settings of the operator that `observe` needs.

/// Settings of the operator that `observe` needs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Agent image for revisions that have no record yet.
    pub(crate) agent_image: String,
    /// Time limit of a probe, in seconds.
    pub(crate) probe_deadline: i64,
}
