//! Actions on the state of a flow in the cluster: given straight, or as a commit where a GitOps controller would undo
//! them.

use std::path::{Path, PathBuf};

use dataflow::Dataflow;
use dataflow::spec::RecoveryAction;
use gitops::environment::{self, EnvironmentError};
use gitops::layout;
use gitops::ownership::is_managed_by_git;
use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use gitops::source::Source;

use super::losses::Acceptance;
use super::publish::{self, CommitRequest, Destination, Published};
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::git::Repository;
use crate::ui::Ui;

/// Where git keeps a flow, and how a commit about it is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct GitPlace {
    /// Environment; without it, the only one.
    pub(crate) environment: Option<String>,
    /// Repository; without it, the one that holds the current folder.
    pub(crate) repo: Option<PathBuf>,
    /// Branch; without it, the one that is checked out.
    pub(crate) branch: Option<String>,
    /// Whether to push.
    pub(crate) push: bool,
    /// What the person wrote in place of subject and body of the message.
    pub(crate) message: Option<String>,
}

/// How an action was given.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// As a commit.
    Committed(Published),
    /// Straight to the flow in this namespace.
    Applied {
        /// The namespace.
        namespace: String,
    },
}

impl GitPlace {
    /// Whether the action has to be a commit: git keeps the flow, or somebody says where it is kept.
    #[must_use]
    pub(crate) fn applies_to(&self, live: &Dataflow) -> bool {
        self.environment.is_some() || self.repo.is_some() || is_managed_by_git(live)
    }

    /// The flow as git has it, and its environment.
    ///
    /// # Errors
    /// There is no such repository, or it does not have the flow.
    pub(crate) fn flow(&self, name: &str) -> Result<(Rendered, String), CommandError> {
        let start = self.repo.as_deref().unwrap_or(Path::new("."));
        let repository = Repository::discover(start)?;
        let environment = match &self.environment {
            Some(environment) => environment.clone(),
            None => environment::only(repository.environments("HEAD")?)
                .map_err(|error| which_environment(name, error))?,
        };
        let reference = self.branch.as_deref();
        let folder = environment::flow_folder(&environment, name);
        let Some(files) = repository.read_flow(reference, &environment, name)? else {
            return Err(
                CommandError::failure(format!("{folder} is not in this repository"))
                    .hint("name repository and environment with --repo PATH --env ENV"),
            );
        };
        let flow = layout::read(&files).map_err(|error| {
            CommandError::failure(format!("{folder} can't be read")).chain(&error)
        })?;
        Ok((flow, environment))
    }

    /// Commits a flow as it is to be.
    ///
    /// # Errors
    /// As [`publish::publish`].
    pub(crate) fn commit(
        &self,
        flow: &Rendered,
        environment: String,
        acceptance: Acceptance,
        access: &Access,
        ui: &mut Ui,
    ) -> Result<Published, CommandError> {
        // Not the folder itself: what is committed was made from the branch, not from what is checked out.
        let path = Path::new("the flow in git");
        let source = Source::from_layout(path, &layout::write(flow)).map_err(|error| {
            CommandError::failure(format!("cannot write dataflow `{}`", flow.name())).chain(&error)
        })?;
        let request = CommitRequest {
            sources: vec![source],
            settings: FlowSettings {
                namespace: access.namespace.clone(),
                ..FlowSettings::default()
            },
            environment: Some(environment),
            message: self.message.clone(),
            reset: false,
            acceptance,
            access: access.clone(),
        };
        let repo = self.repo.as_ref().map(|path| path.display().to_string());
        let destination = Destination::find(repo.as_deref(), self.branch.as_deref(), self.push)?;
        publish::publish(&request, &destination, ui)
    }
}

/// The person has named no environment, and may not even know that git keeps the flow.
fn which_environment(name: &str, error: EnvironmentError) -> CommandError {
    let why = CommandError::from(error);
    let message = format!("`{name}` is kept by git, and nobody says in which environment");
    let command = CommandError::usage(message).because(why.message);
    why.causes
        .iter()
        .fold(command, CommandError::because)
        .hint("name its folder under apps/ with --env ENV, in the repository")
}

/// Reads a flow from the cluster, and says in which namespace it is.
///
/// # Errors
/// There is none of that name.
pub(crate) fn live(name: &str, access: &Access) -> Result<(Dataflow, String), CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        match session.dataflow(name).await? {
            Some(live) => Ok((live, session.namespace().to_owned())),
            None => Err(session.absent(name).await),
        }
    })
}

/// Gives an action to a flow: as a commit if git keeps it, else straight.
///
/// # Errors
/// Git or the cluster refuses.
pub(crate) fn give(
    action: &RecoveryAction,
    live: &Dataflow,
    git: &GitPlace,
    access: &Access,
    ui: &mut Ui,
) -> Result<Outcome, CommandError> {
    let name = live.metadata.name.as_deref().unwrap_or_default();
    if git.applies_to(live) {
        let (mut flow, environment) = git.flow(name)?;
        let recovery = flow.dataflow.spec.recovery.get_or_insert_default();
        recovery.action = Some(action.clone());
        // Whoever gives this action has said that it is meant.
        let acceptance = Acceptance {
            accepted: true,
            store: None,
        };
        let published = git.commit(&flow, environment, acceptance, access, ui)?;
        return Ok(Outcome::Committed(published));
    }
    block_on(async {
        let session = Session::connect(access).await?;
        session.give(live, action).await?;
        Ok(Outcome::Applied {
            namespace: session.namespace().to_owned(),
        })
    })
}
