//! What a commit is asked to hold.

use gitops::settings::FlowSettings;
use gitops::source::Source;

use crate::access::Access;
use crate::work::losses::Acceptance;

/// The sources and settings of one commit. It can be rendered against any state of the repository.
#[derive(Debug, Clone)]
pub(crate) struct CommitRequest {
    /// The sources, one for each flow.
    pub(crate) sources: Vec<Source>,
    /// What is asked of the flow; nothing but the namespace for several sources.
    pub(crate) settings: FlowSettings,
    /// Environment; without it, the only one.
    pub(crate) environment: Option<String>,
    /// What the person wrote in place of subject and body of the message.
    pub(crate) message: Option<String>,
    /// Render anew instead of changing what is there.
    pub(crate) reset: bool,
    /// Whether a loss of state is meant.
    pub(crate) acceptance: Acceptance,
    /// The cluster that knows which state may be lost.
    pub(crate) access: Access,
}
