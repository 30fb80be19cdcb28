//! The writer of a commit: a source with its settings, and the state of the repository that it is rendered on.

use std::path::Path;

use gitops::environment::flow_folder;
use gitops::layout;
use gitops::render;
use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use gitops::source::Source;

use crate::error::CommandError;
use crate::git::{CommitView, History, Remote};

/// How the base of a merge is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum BaseChoice {
    /// By evidence.
    #[default]
    Evidence,
    /// The version in git, whatever it is: the source takes back what it lacks.
    Tip,
    /// The version of this commit, as the user says.
    Commit(String),
}

/// One source, and the commit that it is rendered on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'a> {
    /// The settings from the command line.
    pub(crate) settings: &'a FlowSettings,
    /// The source.
    pub(crate) source: &'a Source,
    /// The commit whose flow is changed.
    pub(crate) tip: &'a CommitView<'a>,
    /// The remote branch of the commit.
    pub(crate) remote: Option<&'a Remote>,
    /// Environment of the flow.
    pub(crate) environment: &'a str,
    /// Name of the flow.
    pub(crate) name: &'a str,
    /// How the base is found.
    pub(crate) choice: &'a BaseChoice,
}

impl<'a> Writer<'a> {
    /// Returns the path of the flow's folder.
    pub(crate) fn folder(&self) -> String {
        flow_folder(self.environment, self.name)
    }

    /// Returns the history of the repository.
    pub(super) fn history(&self) -> History<'a> {
        self.tip.history(self.remote)
    }

    /// Returns the flow of a commit; `None` if there is none that can be read.
    pub(super) fn version(&self, view: &CommitView<'_>) -> Result<Option<Rendered>, CommandError> {
        let files = view.files(&self.folder())?;
        Ok(files.and_then(|files| layout::read(&files).ok()))
    }

    /// Renders the source as a change of an earlier version.
    pub(crate) fn on(&self, earlier: &Rendered) -> Result<Rendered, CommandError> {
        Ok(render::update(earlier, self.settings, self.source)?)
    }

    /// Returns the namespace that the user asks for.
    pub(crate) fn namespace(&self) -> Option<&str> {
        let own = || self.source.dataflow.as_ref()?.metadata.namespace.as_deref();
        self.settings.namespace.as_deref().or_else(own)
    }

    /// Whether the source is the flow's own folder in the checked-out files of the repository.
    pub(crate) fn is_own_folder(&self) -> bool {
        let place = self
            .tip
            .repository()
            .worktree()
            .map(|top| top.join(self.folder()));
        is_same(place.as_deref(), &self.source.path)
    }
}

fn is_same(place: Option<&Path>, path: &Path) -> bool {
    let place = place.and_then(|place| place.canonicalize().ok());
    place.is_some() && path.canonicalize().ok() == place
}
