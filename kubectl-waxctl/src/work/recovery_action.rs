//! Applies recovery actions to a flow: in the cluster, or as a commit if a GitOps controller would undo a change there.

use std::path::PathBuf;
use std::rc::Rc;

use dataflow::Dataflow;
use dataflow::spec::RecoveryAction;
use gitops::environment::EnvironmentError;
use gitops::object::dynamic;
use gitops::ownership::is_managed_by_git;
use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use kube::api::DynamicObject;

use super::base::BaseChoice;
use super::losses::Acceptance;
use super::publish::{self, CommitRequest, Destination, Order, Preview, Published};
use super::step_check::Loader;
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::dry_run::DryRun;
use crate::error::CommandError;
use crate::ui::Ui;

/// The place of a flow in git, and the options of a commit.
#[derive(Debug, Clone, Default)]
pub(crate) struct GitPlace {
    /// Environment; without it, the only one.
    pub(crate) environment: Option<String>,
    /// Repository; without it, that of the current folder.
    pub(crate) repo: Option<PathBuf>,
    /// Branch; without it, the one that is checked out.
    pub(crate) branch: Option<String>,
    /// Whether to push.
    pub(crate) push: bool,
    /// Whether to leave out the hooks that check a commit or a push.
    pub(crate) no_verify: bool,
    /// The user's text, which replaces subject and body of the message.
    pub(crate) message: Option<String>,
}

/// A change of a flow in git.
#[derive(Debug)]
pub(crate) enum InGit {
    /// It was committed.
    Committed(Published),
    /// It would be committed.
    Previewed(Preview),
}

/// The way in which an action was applied.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// In git.
    InGit(InGit),
    /// In the cluster, to the flow in this namespace.
    Applied {
        /// The namespace.
        namespace: String,
        /// The Dataflow after the change.
        object: Box<DynamicObject>,
    },
}

impl GitPlace {
    /// Whether the action has to be a commit: the flow is managed from git, or the user asks for a commit in any way.
    #[must_use]
    pub(crate) fn applies_to(&self, live: &Dataflow) -> bool {
        self.is_named() || is_managed_by_git(live)
    }

    /// Whether one of the options for a commit is given. None of them is ever ignored.
    #[must_use]
    pub(crate) fn is_named(&self) -> bool {
        let Self {
            environment,
            repo,
            branch,
            push,
            no_verify,
            message,
        } = self;
        let named = [environment, branch, message]
            .into_iter()
            .any(Option::is_some);
        named || repo.is_some() || *push || *no_verify
    }

    /// Commits a change of a flow. The change is applied to the version in git, on the newest commit of the branch. A dry
    /// run only shows the commit.
    ///
    /// # Errors
    /// There is no such repository, it does not contain the flow, an API server shall check the commit, or as
    /// [`publish::publish`].
    pub(crate) fn commit(
        &self,
        order: Order,
        acceptance: Acceptance,
        dry_run: DryRun,
        access: &Access,
        ui: &mut Ui,
    ) -> Result<InGit, CommandError> {
        let name = order.name.clone();
        if dry_run == DryRun::Server {
            return Err(CommandError::usage(format!(
                "`--dry-run=server` does not fit dataflow `{name}`: it is changed by a commit"
            ))
            .because("no API server can check a commit")
            .hint("pass `--dry-run=client` to show the commit"));
        }
        let request = CommitRequest {
            sources: Vec::new(),
            orders: vec![order],
            settings: FlowSettings::default(),
            environment: self.environment.clone(),
            message: self.message.clone(),
            reset: false,
            base: BaseChoice::default(),
            acceptance,
            loader: Loader::default(),
            access: access.clone(),
        };
        let repo = self.repo.as_ref().map(|path| path.display().to_string());
        let destination = Destination::find(repo.as_deref(), self.branch.as_deref(), self.push)?
            .verified_unless(self.no_verify);
        let made = match dry_run.is_on() {
            true => publish::preview(&request, &destination).map(InGit::Previewed),
            false => publish::publish(&request, &destination, ui).map(InGit::Committed),
        };
        made.map_err(|error| self.explain(&name, error))
    }

    /// Explains that the environment is missing. The user may not know that the flow is managed from git.
    fn explain(&self, name: &str, error: CommandError) -> CommandError {
        let unknown = [
            EnvironmentError::None,
            EnvironmentError::Several(Vec::new()),
        ];
        let unknown = unknown.iter().any(|kind| kind.to_string() == error.message);
        if self.environment.is_some() || !unknown {
            return error;
        }
        let message =
            format!("dataflow `{name}` is managed from git, but its environment is unknown");
        let command = CommandError::usage(message).because(error.message);
        error
            .causes
            .iter()
            .fold(command, CommandError::because)
            .hint("run this in the repository, and pass `--env ENV` (a folder under apps/)")
    }
}

/// Reads a flow from the cluster, and returns it with its namespace.
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

/// Applies an action to a flow: as a commit if the flow is managed from git, else in the cluster. A dry run returns what
/// would be there.
///
/// # Errors
/// Git or the cluster refuses.
pub(crate) fn apply(
    action: &RecoveryAction,
    live: &Dataflow,
    git: &GitPlace,
    dry_run: DryRun,
    access: &Access,
    ui: &mut Ui,
) -> Result<Outcome, CommandError> {
    let name = live.metadata.name.as_deref().unwrap_or_default();
    if git.applies_to(live) {
        let action = action.clone();
        let order = Order {
            name: name.to_owned(),
            change: Rc::new(move |flow: &Rendered| {
                let mut flow = flow.clone();
                set(&action, &mut flow.dataflow);
                Ok(flow)
            }),
        };
        // The user has confirmed this action, and the commit changes nothing else.
        let acceptance = Acceptance {
            accepted: true,
            unchecked: true,
            store: None,
        };
        let in_git = git.commit(order, acceptance, dry_run, access, ui)?;
        return Ok(Outcome::InGit(in_git));
    }
    block_on(async {
        let session = Session::connect(access).await?;
        let object = match dry_run {
            DryRun::Client => {
                let mut changed = live.clone();
                set(action, &mut changed);
                dynamic(&changed)
            }
            DryRun::Server | DryRun::None => {
                let checked = dry_run.is_on();
                session.apply_action(live, action, checked).await?
            }
        };
        Ok(Outcome::Applied {
            namespace: session.namespace().to_owned(),
            object: Box::new(object),
        })
    })
}

fn set(action: &RecoveryAction, dataflow: &mut Dataflow) {
    let recovery = dataflow.spec.recovery.get_or_insert_default();
    recovery.action = Some(action.clone());
}
