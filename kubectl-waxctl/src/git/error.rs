//! The errors of module `git`. Their causes are in [`details`], their hints in [`hints`].

mod details;
mod hints;

use std::io;
use std::path::PathBuf;

use gitops::shell::word;
use thiserror::Error;

use super::hook_edit::HookEdit;
use super::object_id::{NotAnObject, ObjectId};
use super::url;
use crate::error::{CommandError, Kind};

/// An error of module `git`.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// Git is not installed, or could not be started.
    #[error("cannot run git")]
    NoGit(#[source] io::Error),
    /// The folder where the search starts does not exist.
    #[error("{} is not a folder", .0.display())]
    NoFolder(PathBuf),
    /// Git found no repository.
    #[error("{} is not in a git repository", path.display())]
    NotARepository {
        /// The folder where the search started.
        path: PathBuf,
        /// The message of git.
        detail: String,
    },
    /// There is a repository, but git does not open it: git does not know its format, or another user owns the folder.
    #[error("git cannot open the repository {}", path.display())]
    Unopened {
        /// The repository.
        path: PathBuf,
        /// The message of git.
        detail: String,
    },
    /// A folder that looks like a bare repository is among the files of another repository.
    #[error("{} looks like a bare repository, but is among the files of {}", bare.display(), checkout.display())]
    BareAmongFiles {
        /// The folder.
        bare: PathBuf,
        /// The top folder of the working tree around it.
        checkout: PathBuf,
    },
    /// The folder in which the program runs was deleted.
    #[error("the current folder no longer exists")]
    NoCurrentFolder(#[source] io::Error),
    /// `GIT_DIR` names another repository than the one of the current folder.
    #[error("GIT_DIR names {}, which is not the repository of {}", git_dir.display(), folder.display())]
    OtherRepository {
        /// The repository that the variable names.
        git_dir: PathBuf,
        /// The current folder.
        folder: PathBuf,
    },
    /// `GIT_INDEX_FILE` names another index than the one of the working tree.
    #[error("GIT_INDEX_FILE names {}, which is not the index of this working tree", .0.display())]
    OtherIndex(PathBuf),
    /// The folder belongs to git itself.
    #[error("{} is inside a .git folder, not in a working tree", .0.display())]
    InsideGitDir(PathBuf),
    /// A git command failed.
    #[error("`git {verb}` failed")]
    Command {
        /// The command, without its arguments: they can contain secrets.
        verb: String,
        /// The message of git.
        detail: String,
    },
    /// Git printed something that is no object name.
    #[error(transparent)]
    NotAnObject(#[from] NotAnObject),
    /// An object could not be read.
    #[error("cannot read git object {id}")]
    Object {
        /// The object.
        id: ObjectId,
        /// The error of libgit2.
        source: git2::Error,
    },
    /// An object could not be written.
    #[error("cannot write a git object")]
    Write(#[source] git2::Error),
    /// A tree object is damaged.
    #[error("a tree object of this repository is damaged")]
    BadTree,
    /// A path with an empty part, which git's trees cannot contain.
    #[error("{0:?} is not the path of a file in a repository")]
    BadPath(String),
    /// There is no commit of that name.
    #[error("there is no commit `{0}`")]
    NoSuchCommit(String),
    /// A file name that is not text.
    #[error("{0} has a name that is not UTF-8")]
    NotUtf8(String),
    /// The path is, or goes through, something other than a plain file or folder.
    #[error("cannot write {path}: it is {what} in this repository")]
    InTheWay {
        /// Path in the repository.
        path: String,
        /// The kind of the entry at the path.
        what: &'static str,
    },
    /// A new name differs from an existing one only in case.
    #[error("cannot add {path}: {other} differs from it only in case")]
    Collision {
        /// The new path in the repository.
        path: String,
        /// The path that is there.
        other: String,
    },
    /// The path is not in the sparse checkout.
    #[error("{0} is outside the sparse checkout of this working tree")]
    Sparse(String),
    /// Attributes send the file through a filter, and writing plain bytes would bypass it.
    #[error("cannot write {path}: the git filter `{filter}` applies to it")]
    Filtered {
        /// Path in the repository.
        path: String,
        /// Name of the filter, such as `lfs`.
        filter: String,
    },
    /// No branch is checked out.
    #[error("no branch is checked out (detached HEAD)")]
    DetachedHead,
    /// Git does not allow the name for a branch.
    #[error("{0:?} is not a valid branch name")]
    BadBranch(String),
    /// Git means something else than a branch by this name.
    #[error("`{0}` names no branch: git means something else by it")]
    OtherThanBranch(String),
    /// The name is that of a branch of a remote.
    #[error("`{name}` is a branch of the remote `{remote}`")]
    RemoteBranch {
        /// The name.
        name: String,
        /// The remote.
        remote: String,
        /// The short name of the branch in the remote repository.
        branch: String,
    },
    /// The branch is checked out in another working tree.
    #[error("branch `{branch}` is checked out in {}", path.display())]
    CheckedOutElsewhere {
        /// The branch.
        branch: String,
        /// The other working tree.
        path: PathBuf,
    },
    /// An unfinished operation in some working tree is going to move the branch.
    #[error("branch `{branch}` is in use by {operation} in {}", path.display())]
    BranchInUse {
        /// The operation.
        operation: &'static str,
        /// The branch.
        branch: String,
        /// The working tree.
        path: PathBuf,
    },
    /// Git, or a hook, refuses to move the branch.
    #[error("git refuses to move branch `{branch}`")]
    BranchRefused {
        /// The branch.
        branch: String,
        /// The message of git.
        detail: String,
    },
    /// A merge, rebase, cherry-pick or revert is not finished.
    #[error("{0} is in progress in this repository")]
    InProgress(&'static str),
    /// The user has checked out another branch while the commit was made.
    #[error("another branch was checked out meanwhile")]
    Switched,
    /// The user's own changes would be overwritten.
    #[error("uncommitted changes would be overwritten")]
    Dirty(Vec<String>),
    /// Git knows no author.
    #[error("cannot commit: git does not know your identity")]
    NoIdentity(String),
    /// A hook refused the commit.
    #[error("the {hook} hook refused the commit")]
    Hook {
        /// The hook.
        hook: &'static str,
        /// The output of the hook.
        detail: String,
        /// The files that were changed while it ran.
        edits: Vec<HookEdit>,
    },
    /// A hook has changed the content of the commit.
    #[error("the {hook} hook changed the files of the commit")]
    HookChanged {
        /// The hook.
        hook: &'static str,
        /// The paths that it has changed in the index of the commit.
        staged: Vec<String>,
        /// The files that were changed in the working tree while it ran.
        edits: Vec<HookEdit>,
    },
    /// A lock that waxctl may not have created.
    #[error("{} exists: another git command is running, or one was killed", .0.display())]
    Locked(PathBuf),
    /// A lock of a killed waxctl, while a git process runs in the repository.
    #[error("{} was left by a killed waxctl, but git process {pid} is running in this repository", path.display())]
    HeldByProcess {
        /// The lock.
        path: PathBuf,
        /// The running process.
        pid: u32,
    },
    /// Another waxctl works in the same repository.
    #[error("another waxctl has been committing in this repository for {0} s")]
    Busy(u64),
    /// A file of the repository or the working tree could not be read or written.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// The verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// There is no such remote.
    #[error("there is no remote `{0}`")]
    NoRemote(String),
    /// The branch is pushed to an address in place of a remote.
    #[error("the branch is pushed to the address {}, not to a remote", url::without_credentials(.0))]
    AddressAsRemote(String),
    /// The upstream of the branch has another name, and nothing says which of the two is meant.
    #[error("branch `{branch}` has the upstream `{remote}/{upstream}`, a branch of another name")]
    OtherUpstream {
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
        /// The short name of the branch in the remote repository.
        upstream: String,
    },
    /// The user's settings push the branch to something that is no branch.
    #[error(
        "`remote.{remote}.push` pushes branch `{branch}` to {reference}, which is not a branch"
    )]
    NoBranchThere {
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
        /// The full name in the remote repository.
        reference: String,
    },
    /// The address contains a credential that cannot be hidden from other users of the machine.
    #[error("cannot use the address {}", url::without_credentials(.0))]
    Indiscreet(String),
    /// The remote answers, but the branch could not be fetched.
    #[error("cannot fetch `{branch}` from `{remote}`")]
    Fetch {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
        /// The message of git.
        detail: String,
    },
    /// The remote could not be reached, or did not accept the credentials.
    #[error("cannot read `{}`: the remote could not be reached, or did not let you in", place(remote, branch.as_deref()))]
    Unreachable {
        /// The remote, or its address.
        remote: String,
        /// The branch; `None` for the remote as a whole.
        branch: Option<String>,
        /// The message of git.
        detail: String,
    },
    /// The remote could not be reached, or did not accept the credentials, for a push.
    #[error("cannot push to `{place}`: the remote could not be reached, or did not let you in")]
    NotPushed {
        /// The remote branch, or the address.
        place: String,
        /// The message of git.
        detail: String,
        /// A command that shows whether the remote can be reached.
        check: String,
        /// Whether the commit may have arrived all the same.
        in_doubt: bool,
    },
    /// Some push addresses of the remote have accepted the commit, others have not.
    #[error("the push of `{branch}` has reached only a part of the addresses of its remote")]
    PushedInPart {
        /// The branch in the remote repository.
        branch: String,
        /// The commit.
        commit: ObjectId,
        /// The addresses that have the commit.
        landed: Vec<String>,
        /// The other addresses.
        missed: Vec<String>,
        /// The message of git.
        detail: String,
    },
    /// The history of a shallow clone ends before it is known what a source was made from, and no more can be fetched.
    #[error("the history of this clone does not reach far enough, and no more can be fetched")]
    TooShallow {
        /// The message of git.
        detail: String,
    },
    /// The remote, or a pre-push hook, refused the push.
    #[error("the push of `{branch}` to `{remote}` was refused")]
    Refused {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
        /// The message of git.
        detail: String,
        /// Whether the remote refused this branch.
        by_remote: bool,
        /// Whether a pre-push hook could have refused it.
        hook: bool,
    },
    /// Other pushes were faster in every attempt.
    #[error(
        "cannot update branch `{branch}` of {remote}: it changed during each of {attempts} attempts"
    )]
    LostRaces {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
        /// Number of attempts.
        attempts: u32,
    },
}

impl Error {
    fn kind(&self) -> Kind {
        match self {
            Error::LostRaces { .. } => Kind::PushConflict,
            Error::DetachedHead
            | Error::BadBranch(_)
            | Error::OtherThanBranch(_)
            | Error::RemoteBranch { .. }
            | Error::NoFolder(_)
            | Error::BareAmongFiles { .. }
            | Error::Collision { .. }
            | Error::Indiscreet(_)
            | Error::OtherUpstream { .. } => Kind::Usage,
            _ => Kind::Failure,
        }
    }

    /// Returns the error of a push that could not begin.
    pub(super) fn before_push(self) -> Error {
        match self {
            Error::Unreachable {
                remote,
                branch,
                detail,
            } => Error::NotPushed {
                place: place(&remote, branch.as_deref()),
                detail,
                check: format!("git ls-remote {}", word(&remote)),
                in_doubt: false,
            },
            other => other,
        }
    }
}

// Returns a remote branch as people write it, or the remote as a whole.
fn place(remote: &str, branch: Option<&str>) -> String {
    branch.map_or_else(|| remote.to_owned(), |branch| format!("{remote}/{branch}"))
}

impl From<Error> for CommandError {
    fn from(error: Error) -> CommandError {
        let mut command = CommandError::new(error.kind(), url::clean(&error.to_string()));
        command.causes = error.details();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            command.causes.push(url::clean(&cause.to_string()));
            source = cause.source();
        }
        let hints = error.hints();
        command.hints = hints.iter().map(|hint| url::clean(hint)).collect();
        command
    }
}
