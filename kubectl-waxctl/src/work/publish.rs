//! Renders flows against a repository, merges them with other people's commits, commits, and pushes.

mod draft;
mod flow;
mod request;

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};

use gitops::file_change::FileChange;
use gitops::scan;

use crate::error::CommandError;
use crate::git::{self, CommitView, ObjectId, Pace, Proposed, Remote, Repository, Target};
use crate::ui::Ui;
use draft::Draft;
pub(crate) use request::{CommitRequest, Order};

const FIRST_WAIT_MS: u64 = 100;

/// The repository and branch of a commit.
#[derive(Debug)]
pub(crate) struct Destination {
    repository: Repository,
    target: Target,
    remote: Option<Remote>,
}

/// The result of a commit request.
#[derive(Debug)]
pub(crate) struct Published {
    /// The new commit; `None` if there was nothing to commit.
    pub(crate) commit: Option<ObjectId>,
    /// The branch of the commit.
    pub(crate) branch: String,
    /// The remote branch that it was pushed to.
    pub(crate) pushed_to: Option<String>,
    /// What the remote said about the push, such as where to open a merge request.
    pub(crate) said: Vec<String>,
    /// The error with which the command ends, although the commit is made and pushed to a part of the addresses.
    pub(crate) unfinished: Option<Box<CommandError>>,
    /// First line of its message.
    pub(crate) subject: String,
    /// The files that it changes.
    pub(crate) changes: Vec<FileChange>,
    /// Warnings to print.
    pub(crate) warnings: Vec<String>,
}

/// The commit that a request would make.
#[derive(Debug)]
pub(crate) struct Preview {
    /// The branch, or the remote branch.
    pub(crate) place: String,
    /// The whole message.
    pub(crate) message: String,
    /// The files that would change.
    pub(crate) changes: Vec<FileChange>,
    /// Warnings to print.
    pub(crate) warnings: Vec<String>,
}

impl Destination {
    /// Finds the repository by path or URL, or that of the current folder, and the branch in it.
    ///
    /// # Errors
    /// There is no repository, it is a URL without `--push`, or the name of the branch contains a secret.
    pub(crate) fn find(
        repo: Option<&str>,
        branch: Option<&str>,
        push: bool,
    ) -> Result<Destination, CommandError> {
        branch.map_or(Ok(()), refuse_branch)?;
        if let Some(url) = repo.filter(|repo| git::is_url(repo)) {
            if !push {
                return Err(CommandError::usage("`--repo` with a URL needs `--push`")
                    .because("there is no clone of that repository that could store the commit")
                    .hint(
                        "add `--push`, or clone the repository and name the folder: `--repo PATH`",
                    ));
            }
            let (repository, remote, target) = git::scratch(&cache_folder()?, url, branch)?;
            return Ok(Destination {
                repository,
                target,
                remote: Some(remote),
            });
        }
        let repository = Repository::find(repo.map(Path::new))?;
        let target = Target::choose(&repository, branch)?;
        let remote = push.then(|| Remote::of(&repository, &target)).transpose()?;
        Ok(Destination {
            repository,
            target,
            remote,
        })
    }
}

impl Destination {
    /// Leaves out the hooks that check a commit or a push, if the user asks for that.
    #[must_use]
    pub(crate) fn verified_unless(mut self, no_verify: bool) -> Destination {
        if no_verify {
            self.repository.skip_verification();
        }
        self
    }
}

/// Refuses the name of a branch that contains a secret: a push shows it to all who read the repository.
fn refuse_branch(name: &str) -> Result<(), CommandError> {
    let found = scan::in_branch(name);
    if found.is_empty() {
        return Ok(());
    }
    let error = CommandError::policy("the name of the branch would put a secret into git");
    let error = found.iter().fold(error, CommandError::because);
    Err(error.hint("name the branch by what it changes: `--branch rotate-token`"))
}

fn cache_folder() -> Result<PathBuf, CommandError> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    let cache = cache.ok_or_else(|| {
        CommandError::failure("cannot create a cache of the repository")
            .because("neither XDG_CACHE_HOME nor HOME is set")
    })?;
    Ok(cache.join("waxctl").join("git"))
}

/// Makes the requested commit, and pushes it if the destination has a remote.
///
/// # Errors
/// A flow cannot be rendered or conflicts with other commits, or git refuses.
pub(crate) fn publish(
    request: &CommitRequest,
    destination: &Destination,
    ui: &mut Ui,
) -> Result<Published, CommandError> {
    let Destination {
        repository,
        target,
        remote,
    } = destination;
    let (mut last, mut bases) = (None, Vec::new());
    let mut propose = |parent: &CommitView<'_>| -> Result<Proposed, CommandError> {
        let draft = Draft::on(request, remote.as_ref(), parent, &mut bases)?;
        last.insert(draft).proposed()
    };
    let done = match remote {
        None => git::commit(repository, target, &mut propose)?,
        Some(remote) => {
            ui.progress(&format!("pushing to {}", remote.label()));
            let pace = Pace {
                seed: RandomState::new().build_hasher().finish(),
                first_ms: FIRST_WAIT_MS,
            };
            git::publish(repository, target, remote, pace, &mut propose)?
        }
    };
    ui.progress_done();
    let mut warnings = done.notes;
    let (subject, changes) = match last {
        Some(draft) => {
            // The commit exists, so that nothing after it is a failure.
            drop(draft.record(request, repository, remote.as_ref(), done.commit.as_ref()));
            let subject = draft.subject().to_owned();
            warnings.extend(draft.warnings);
            (subject, draft.changes)
        }
        None => (String::new(), Vec::new()),
    };
    Ok(Published {
        commit: done.commit,
        branch: target.branch.clone(),
        pushed_to: remote.as_ref().map(Remote::label),
        said: done.said,
        unfinished: done.unfinished,
        subject,
        changes,
        warnings,
    })
}

/// Returns the commit that would be made; writes nothing.
///
/// # Errors
/// As [`publish`], except errors that only writing can detect.
pub(crate) fn preview(
    request: &CommitRequest,
    destination: &Destination,
) -> Result<Preview, CommandError> {
    let Destination {
        repository,
        target,
        remote,
    } = destination;
    let parent = git::preview(repository, target, remote.as_ref())?;
    let draft = Draft::on(request, remote.as_ref(), &parent, &mut Vec::new())?;
    draft.proposed()?;
    let place = remote
        .as_ref()
        .map_or_else(|| target.branch.clone(), Remote::label);
    Ok(Preview {
        place,
        message: draft.message,
        changes: draft.changes,
        warnings: draft.warnings,
    })
}
