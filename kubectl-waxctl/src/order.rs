//! Orders about what a flow in the cluster does with its state: given straight, or as a commit where a
//! GitOps controller would undo them.

use std::fs;
use std::path::{Path, PathBuf};

use dataflow::Dataflow;
use dataflow::spec::RecoveryAction;

use crate::cli::GlobalArgs;
use crate::cluster::{Session, block_on};
use crate::commands::commit::{self, CommitArgs};
use crate::diff::manager_of_spec;
use crate::error::CommandError;
use crate::git::Repository;
use crate::render::{Rendered, layout};
use crate::settings::FlowArgs;
use crate::steps::LossArgs;
use crate::ui::Ui;
use crate::view::resource_name;

/// Where the commit goes, for a flow that git keeps.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Options for a flow that git keeps")]
pub struct GitArgs {
    /// Environment: the folder under apps/; may be left out when there is exactly one
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// Repository to commit to [default: the one that holds the current folder]
    #[arg(long, value_name = "PATH")]
    pub repo: Option<PathBuf>,
    /// Branch to commit to instead of the checked-out one
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// Build on the remote branch and push to it
    #[arg(long)]
    pub push: bool,
    /// Commit message; the trailers are added to it
    #[arg(short, long, value_name = "MSG")]
    pub message: Option<String>,
}

/// Field managers of controllers that write what git says over anything else.
const CONTROLLERS: [&str; 5] = [
    "argocd-controller",
    "argocd-application-controller",
    "kustomize-controller",
    "helm-controller",
    "flux",
];
/// Marks that such controllers leave on what they keep.
const MARKS: [&str; 3] = [
    "argocd.argoproj.io/tracking-id",
    "kustomize.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/name",
];

/// Whether a controller writes what git says over anything that is done to this flow.
#[must_use]
pub fn is_kept_by_git(live: &Dataflow) -> bool {
    let metadata = &live.metadata;
    let marked = [&metadata.labels, &metadata.annotations]
        .into_iter()
        .flatten()
        .flat_map(|marks| marks.keys())
        .any(|key| MARKS.contains(&key.as_str()));
    marked || manager_of_spec(live).is_some_and(|manager| CONTROLLERS.contains(&manager.as_str()))
}

impl GitArgs {
    /// Whether the order has to be a commit: git keeps the flow, or somebody says where it is kept.
    #[must_use]
    pub fn applies_to(&self, live: &Dataflow) -> bool {
        self.env.is_some() || self.repo.is_some() || is_kept_by_git(live)
    }

    /// The flow as git has it.
    ///
    /// # Errors
    /// There is no such repository, or it does not have the flow.
    pub fn flow(&self, name: &str) -> Result<(Rendered, String), CommandError> {
        let start = self.repo.as_deref().unwrap_or(Path::new("."));
        let repository = Repository::discover(start)?;
        let environment = match &self.env {
            Some(environment) => environment.clone(),
            None => {
                let mut all = repository.environments("HEAD")?;
                match (all.pop(), all.is_empty()) {
                    (Some(only), true) => only,
                    _ => {
                        return Err(CommandError::usage(format!(
                            "`{name}` is kept by git, and nobody says in which environment"
                        ))
                        .hint("name its folder under apps/ with --env ENV, in the repository"));
                    }
                }
            }
        };
        let reference = self.branch.as_deref();
        let Some(files) = repository.read_flow(reference, &environment, name)? else {
            return Err(CommandError::failure(format!(
                "apps/{environment}/{name} is not in this repository"
            ))
            .hint("name repository and environment with --repo PATH --env ENV"));
        };
        let flow = layout::read(&files).map_err(|error| {
            CommandError::failure(format!("apps/{environment}/{name} can't be read")).chain(&error)
        })?;
        Ok((flow, environment))
    }

    /// Commits a flow as it is to be.
    ///
    /// # Errors
    /// As `df commit`.
    pub fn commit(
        &self,
        flow: &Rendered,
        environment: String,
        loss: LossArgs,
        global: &GlobalArgs,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let folder = tempfile::tempdir()
            .map_err(|error| CommandError::failure("cannot make a folder").chain(&error))?;
        for (path, bytes) in layout::write(flow) {
            let path = folder.path().join(path);
            let parent = path.parent().unwrap_or(folder.path());
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&path, bytes))
                .map_err(|error| {
                    CommandError::failure(format!("cannot write {}", path.display())).chain(&error)
                })?;
        }
        let args = CommitArgs {
            source: vec![folder.path().to_owned()],
            env: Some(environment),
            repo: self.repo.as_ref().map(|path| path.display().to_string()),
            branch: self.branch.clone(),
            push: self.push,
            message: self.message.clone(),
            reset: false,
            loss,
            flow: FlowArgs::default(),
        };
        commit::run(&args, global, ui)
    }
}

/// Reads a flow from the cluster, and says in which namespace it is.
///
/// # Errors
/// There is none of that name.
pub fn live(name: &str, global: &GlobalArgs) -> Result<(Dataflow, String), CommandError> {
    block_on(async {
        let session = Session::connect(global).await?;
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
pub fn give(
    action: &RecoveryAction,
    live: &Dataflow,
    git: &GitArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let name = live.metadata.name.as_deref().unwrap_or_default();
    if git.applies_to(live) {
        let (mut flow, environment) = git.flow(name)?;
        let recovery = flow.dataflow.spec.recovery.get_or_insert_default();
        recovery.action = Some(action.clone());
        // Whoever gives this order has said that it is meant.
        let loss = LossArgs {
            accept_state_loss: true,
            store: None,
        };
        return git.commit(&flow, environment, loss, global, ui);
    }
    block_on(async {
        let session = Session::connect(global).await?;
        session.order(live, action).await?;
        ui.line(&format!("{} changed", resource_name(name)))?;
        ui.hint(&format!("waxctl df wait {name} -n {}", session.namespace()));
        Ok(())
    })
}
