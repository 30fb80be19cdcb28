//! The input of a commit.

use gitops::settings::FlowSettings;
use gitops::source::Source;

use crate::access::Access;
use crate::work::losses::Acceptance;

/// The sources and settings of one commit. It can be rendered against any state of the repository.
#[derive(Debug, Clone)]
pub(crate) struct CommitRequest {
    /// The sources, one for each flow.
    pub(crate) sources: Vec<Source>,
    /// Settings of the flow; only the namespace if there are several sources.
    pub(crate) settings: FlowSettings,
    /// Environment; without it, that of the source's folder, else the only one.
    pub(crate) environment: Option<String>,
    /// The user's text, which replaces subject and body of the message.
    pub(crate) message: Option<String>,
    /// Whether to render again instead of changing the version in git.
    pub(crate) reset: bool,
    /// The user's acceptance of a loss of state.
    pub(crate) acceptance: Acceptance,
    /// The cluster to read the present state from.
    pub(crate) access: Access,
}
