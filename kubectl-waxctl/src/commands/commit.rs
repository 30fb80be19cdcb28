//! `df commit`: puts dataflows into git, and with `--push` onto the branch that a GitOps controller watches.

mod files;
mod flow;
mod merge;
mod message;
mod stat;
mod wish;

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::git::{self, Done, Pace, Remote, Repository, Target};
use crate::settings::{FlowArgs, Settings};
use crate::steps::LossArgs;
use crate::ui::Ui;
use wish::Wish;

/// Commit dataflows to a git repository
///
/// Writes apps/ENV/NAME/ in the repository that holds the current folder. A flow that is already there keeps
/// everything that this command line does not name. On another branch than the checked-out one nothing of the working
/// tree is touched. With --push the commit is built on the remote's newest state. Nothing is committed, and the exit
/// code is 5, if state would be lost: the code of a flow that keeps state is loaded in the Python on the PATH, old and
/// new, to see whether steps are gone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Commit a new flow to apps/prod/orders/ of this repository
  waxctl df commit orders.py --name orders --env prod

  # Change one value, keep the rest, and push
  waxctl df commit orders.py --name orders --env prod -p 3 --push

  # Show what would be committed
  waxctl df commit orders.py --name orders --env prod --dry-run

  # Rename a step, and drop what it remembers
  waxctl df commit orders.py --name orders --env prod --accept-state-loss

  # Several flows in one commit, to a repository that is not on this machine
  waxctl df commit flows/orders flows/payments --env prod \\
    --repo https://git.example.com/apps.git --push")]
pub struct CommitArgs {
    /// A Python file, a .tar, or a folder; several only if each has a dataflow.yaml
    #[arg(required = true, value_name = "SOURCE")]
    pub source: Vec<PathBuf>,
    /// Environment: the folder under apps/; may be left out when there is exactly one
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// Repository to commit to, by path or URL (a URL needs --push)
    #[arg(long, value_name = "PATH|URL")]
    pub repo: Option<String>,
    /// Branch to commit to instead of the checked-out one
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// Build on the remote branch and push to it
    #[arg(long)]
    pub push: bool,
    /// Commit message; the trailers are added to it
    #[arg(short, long, value_name = "MSG")]
    pub message: Option<String>,
    /// Render anew instead of changing what is there
    #[arg(long)]
    pub reset: bool,
    /// Whether a loss of state is meant.
    #[command(flatten)]
    pub loss: LossArgs,
    /// The flags of a flow.
    #[command(flatten)]
    pub flow: FlowArgs,
}

const FIRST_WAIT_MS: u64 = 100;

/// Where the commit goes.
struct Destination {
    repository: Repository,
    target: Target,
    remote: Option<Remote>,
}

/// Runs the verb.
pub fn run(args: &CommitArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (settings, notes) = Settings::resolve(&args.flow, global)?;
    notes.iter().for_each(|note| ui.warn(note));
    let dry_run = settings.dry_run;
    let mut wish = Wish::read(args, settings, global)?;
    let destination = Destination::find(args)?;
    wish.resolve_in(&destination.repository);
    if dry_run {
        return show(&destination, &mut wish, ui);
    }
    let Destination {
        repository,
        target,
        remote,
    } = &destination;
    let done = match remote {
        None => git::commit(repository, target, &mut |parent| wish.propose(parent))?,
        Some(remote) => {
            ui.progress(&format!("pushing to {}", remote.label()));
            let pace = Pace {
                seed: RandomState::new().build_hasher().finish(),
                first_ms: FIRST_WAIT_MS,
            };
            git::publish(repository, target, remote, pace, &mut |parent| {
                wish.propose(parent)
            })?
        }
    };
    ui.progress_done();
    report(&destination, &wish, &done, ui)
}

impl Destination {
    fn find(args: &CommitArgs) -> Result<Destination, CommandError> {
        if let Some(url) = args.repo.as_deref().filter(|repo| git::is_url(repo)) {
            if !args.push {
                return Err(CommandError::usage("--repo with a URL needs --push")
                    .because(
                        "there is no working copy of that repository that could keep the commit",
                    )
                    .hint("add --push, or clone it and name the folder: --repo PATH"));
            }
            let (repository, remote, target) =
                git::scratch(&cache_folder()?, url, args.branch.as_deref())?;
            return Ok(Destination {
                repository,
                target,
                remote: Some(remote),
            });
        }
        let here = args.repo.as_deref().map_or(Path::new("."), Path::new);
        let here = here.canonicalize().unwrap_or_else(|_| here.to_path_buf());
        let repository = Repository::discover(&here)?;
        let target = Target::choose(&repository, args.branch.as_deref())?;
        let remote = args
            .push
            .then(|| Remote::of(&repository, &target))
            .transpose()?;
        Ok(Destination {
            repository,
            target,
            remote,
        })
    }
}

fn cache_folder() -> Result<PathBuf, CommandError> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    let cache = cache.ok_or_else(|| {
        CommandError::failure("there is no place for a copy of the repository")
            .because("neither XDG_CACHE_HOME nor HOME is set")
    })?;
    Ok(cache.join("waxctl").join("git"))
}

fn show(destination: &Destination, wish: &mut Wish, ui: &mut Ui) -> Result<(), CommandError> {
    let Destination {
        repository,
        target,
        remote,
    } = destination;
    let parent = git::preview(repository, target, remote.as_ref())?;
    let proposed = wish.propose(&parent)?;
    wish.warnings().iter().for_each(|warning| ui.warn(warning));
    if proposed.files.is_empty() {
        ui.say("Nothing to commit.");
        return Ok(());
    }
    let place = remote
        .as_ref()
        .map_or_else(|| target.branch.clone(), Remote::label);
    ui.say(&format!("Would commit to {place}; nothing is written."));
    ui.line(proposed.message.trim_end())?;
    ui.line("")?;
    ui.data(&stat::stat(wish.changes()))
}

fn report(
    destination: &Destination,
    wish: &Wish,
    done: &Done,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    done.notes.iter().for_each(|note| ui.warn(note));
    wish.warnings().iter().for_each(|warning| ui.warn(warning));
    let Some(commit) = &done.commit else {
        ui.say("Nothing to commit.");
        return Ok(());
    };
    let Destination { target, remote, .. } = destination;
    ui.line(&format!(
        "[{} {}] {}",
        target.branch,
        commit.short(),
        wish.subject()
    ))?;
    ui.data(&stat::stat(wish.changes()))?;
    if let Some(remote) = remote {
        ui.say(&format!("Pushed to {}.", remote.label()));
    }
    Ok(())
}
