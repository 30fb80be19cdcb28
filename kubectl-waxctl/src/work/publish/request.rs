//! The input of a commit.

use std::fmt;
use std::rc::Rc;

use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use gitops::source::Source;

use crate::access::Access;
use crate::error::CommandError;
use crate::work::base::BaseChoice;
use crate::work::losses::Acceptance;
use crate::work::step_check::Loader;

/// The sources and settings of one commit. It can be rendered against any state of the repository.
#[derive(Debug, Clone)]
pub(crate) struct CommitRequest {
    /// The sources, one for each flow.
    pub(crate) sources: Vec<Source>,
    /// Changes of flows without a source.
    pub(crate) orders: Vec<Order>,
    /// Settings of the flow; only the namespace if there are several sources.
    pub(crate) settings: FlowSettings,
    /// Environment; without it, that of the source's folder, else the only one.
    pub(crate) environment: Option<String>,
    /// The user's text, which replaces subject and body of the message.
    pub(crate) message: Option<String>,
    /// Whether to render again instead of changing the version in git.
    pub(crate) reset: bool,
    /// How the version is found that the sources were made from.
    pub(crate) base: BaseChoice,
    /// The user's acceptance of a loss of state.
    pub(crate) acceptance: Acceptance,
    /// Loads code to find its steps.
    pub(crate) loader: Loader,
    /// The cluster to read the present state from.
    pub(crate) access: Access,
}

/// Returns the new version of a flow.
pub(crate) type FlowChanger = dyn Fn(&Rendered) -> Result<Rendered, CommandError>;

/// A change of a flow in git, whatever version of it is there, such as a recovery action.
#[derive(Clone)]
pub(crate) struct Order {
    /// Name of the flow.
    pub(crate) name: String,
    /// Returns the new version.
    pub(crate) change: Rc<FlowChanger>,
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
