//! `df commit`: commits dataflows to git, and with `--push` to the branch that a GitOps controller watches.

use std::path::PathBuf;

use clap::Args;
use gitops::environment;

use super::{acceptance, report};
use crate::args::dry_run::without_server;
use crate::args::flow::FlowArgs;
use crate::args::global::GlobalArgs;
use crate::args::loss::LossArgs;
use crate::args::settings::Settings;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::base::BaseChoice;
use crate::work::publish::{self, CommitRequest, Destination};
use crate::work::sources;
use crate::work::step_check::Loader;

/// Commit dataflows to a git repository
///
/// Writes apps/ENV/NAME/ in the repository of the current folder. A flow that is already there keeps every value that
/// this command line does not give. If the branch is not checked out, the working tree is not touched. With --push the
/// commit is based on the newest commit of the remote branch.
///
/// The source changes what it has changed since the version that it was made from. Changes of others in git stay, and a
/// conflict is refused. If the source lacks what others have changed, nothing is committed, and the exit code is 5.
///
/// If a flow keeps state, the code of SOURCE is loaded in the Python on the PATH, for at most 60 s. Its steps are recorded
/// in the commit, and compared with the record of the version in git, whose code is never run. If state would be lost, or
/// if the steps cannot be compared, nothing is committed, and the exit code is 5.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Commit a new flow to apps/prod/orders/ of this repository
  waxctl df commit orders.py --name orders --env prod

  # Change one value, keep the rest, and push
  waxctl df commit orders.py --name orders --env prod -p 3 --push

  # Show what would be committed
  waxctl df commit orders.py --name orders --env prod --dry-run

  # Rename a step, and drop its state
  waxctl df commit orders.py --name orders --env prod --accept-state-loss

  # Several flows in one commit, to a repository that is not on this machine
  waxctl df commit flows/orders flows/payments --env prod \\
    --repo https://git.example.com/apps.git --push")]
pub(crate) struct CommitArgs {
    /// A Python file, a .tar, or a folder; several only if each has a dataflow.yaml
    #[arg(required_unless_present = "code_in_image", value_name = "SOURCE")]
    pub(crate) source: Vec<PathBuf>,
    /// Environment, a folder under apps/ [default: that of SOURCE in apps/ENV/NAME, or the only one]
    #[arg(long, value_name = "ENV")]
    pub(crate) env: Option<String>,
    /// Repository to commit to, by path or URL (a URL needs --push)
    #[arg(long, value_name = "PATH|URL")]
    pub(crate) repo: Option<String>,
    /// Branch to commit to instead of the checked-out one
    #[arg(long, value_name = "BRANCH")]
    pub(crate) branch: Option<String>,
    /// Build on the remote branch and push to it
    #[arg(long)]
    pub(crate) push: bool,
    /// Commit message; trailers are added to it
    #[arg(short, long, value_name = "MSG")]
    pub(crate) message: Option<String>,
    /// Leave out the hooks pre-commit, commit-msg and pre-push
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// Render again instead of changing the version in git
    #[arg(long)]
    pub(crate) reset: bool,
    /// Take back what others changed in git and the source lacks
    #[arg(long, conflicts_with_all = ["reset", "base"])]
    pub(crate) take_back: bool,
    /// Commit whose version of the flow the source was made from [default: by evidence]
    #[arg(long, value_name = "COMMIT", conflicts_with = "reset")]
    pub(crate) base: Option<String>,
    /// Flags that accept a loss of state.
    #[command(flatten)]
    pub(crate) loss: LossArgs,
    /// Flags of a flow.
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
}

/// Commits the sources, or shows the commit.
pub(crate) fn run(args: &CommitArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (settings, notes) = Settings::resolve(&args.flow, global)?;
    notes.iter().for_each(|note| ui.warn(note));
    let sources = sources::read(&args.source, &settings.flow_flags(), ui)?;
    // Each draft of the commit checks the name, too. Order: report a typing error before reading or fetching a
    // repository.
    if let Some(environment) = &args.env {
        environment::check(environment)?;
    }
    let dry_run = without_server(settings.dry_run, "`df commit`")?;
    let request = CommitRequest {
        sources,
        orders: Vec::new(),
        settings: settings.flow,
        environment: args.env.clone(),
        message: args.message.clone(),
        reset: args.reset,
        base: base(args),
        acceptance: acceptance::of(&args.loss),
        loader: Loader::default(),
        access: global.access(),
    };
    let (repo, branch) = (args.repo.as_deref(), args.branch.as_deref());
    let destination = Destination::find(repo, branch, args.push)?.verified_unless(args.no_verify);
    if dry_run {
        let preview = publish::preview(&request, &destination)?;
        return report::preview(&preview, settings.output, ui);
    }
    let published = publish::publish(&request, &destination, ui)?;
    report::published(&published, settings.output, ui)
}

fn base(args: &CommitArgs) -> BaseChoice {
    match &args.base {
        Some(commit) => BaseChoice::Commit(commit.clone()),
        None if args.take_back => BaseChoice::Tip,
        None => BaseChoice::Evidence,
    }
}
