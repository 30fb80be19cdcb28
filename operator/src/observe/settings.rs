//! What observing needs besides the caches.

/// What observing needs besides the caches.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The agent's image for revisions that have no record yet.
    pub(crate) agent_image: String,
    /// How long a probe may take, in seconds.
    pub(crate) probe_deadline: i64,
}
