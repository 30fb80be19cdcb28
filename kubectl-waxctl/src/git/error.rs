//! The errors of module `git`, each with its hint.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::object_id::{NotAnObject, ObjectId};
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
    /// The branch is checked out in another working tree.
    #[error("branch `{branch}` is checked out in {}", path.display())]
    CheckedOutElsewhere {
        /// The branch.
        branch: String,
        /// The other working tree.
        path: PathBuf,
    },
    /// A merge, rebase, cherry-pick or revert is not finished.
    #[error("{0} is in progress in this repository")]
    InProgress(&'static str),
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
    /// The remote could not be reached or read.
    #[error("cannot fetch `{branch}` from `{remote}`")]
    Fetch {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
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
            Error::DetachedHead | Error::BadBranch(_) | Error::NoFolder(_) => Kind::Usage,
            _ => Kind::Failure,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            // Git prints this message on several lines.
            Error::Unopened { detail, .. } => {
                vec![detail.split_whitespace().collect::<Vec<_>>().join(" ")]
            }
            Error::NotARepository { detail, .. }
            | Error::Command { detail, .. }
            | Error::NoIdentity(detail)
            | Error::Hook { detail, .. }
            | Error::Fetch { detail, .. }
            | Error::Refused { detail, .. } => detail
                .lines()
                .map(str::trim_end)
                .filter(|l| !l.is_empty())
                .map(Into::into)
                .collect(),
            Error::Dirty(paths) => paths
                .iter()
                .map(|path| format!("{path} has uncommitted changes"))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Error::NoGit(_) => "install git 2.36 or newer and put it on PATH".into(),
            Error::NotARepository { .. } | Error::InsideGitDir(_) => {
                "run this inside the working tree of the repository, or name it with `--repo PATH`"
                    .into()
            }
            Error::Unopened { detail, .. } if detail.contains("refstorage") => {
                "install git 2.45 or newer, which knows reftable, or name the remote with `--repo URL --push`"
                    .into()
            }
            Error::Unopened { .. } => "run `git status` there to see what git needs".into(),
            Error::InTheWay { .. } => {
                "a flow needs plain files and folders: move this away, or choose another `--env` or `--name`".into()
            }
            Error::Filtered { path, .. } => {
                format!(
                    "exempt the folder in .gitattributes with the line `{} -filter`",
                    folder_pattern(path)
                )
            }
            Error::DetachedHead => "name the branch to commit to with `--branch`".into(),
            Error::CheckedOutElsewhere { path, branch } => {
                format!(
                    "run this in {}, or choose another branch than `{branch}` with `--branch`",
                    path.display()
                )
            }
            Error::InProgress(_) => {
                "finish or abort it (`git status` says how), then run the command again".into()
            }
            Error::Dirty(_) => {
                "commit them, run `git stash`, or commit to another branch with `--branch`"
                    .into()
            }
            Error::NoIdentity(_) => {
                return vec![
                    "git config --global user.name 'Your Name'".into(),
                    "git config --global user.email you@example.com".into(),
                ];
            }
            Error::Locked(path) => format!("if no git command is running: rm {}", path.display()),
            Error::HeldByProcess { path, pid } => {
                format!(
                    "wait for process {pid} to end; if it is stuck, end it and: rm {}",
                    path.display()
                )
            }
            Error::NoRemote(name) => format!("run `git remote add {name} URL`, or leave out `--push`"),
            Error::Fetch { remote, branch, .. } => {
                format!("check whether this works: git fetch {remote} {branch}")
            }
            Error::LostRaces { .. } => "nothing was pushed; run the same command again".into(),
            _ => return Vec::new(),
        };
        vec![hint]
    }
}

impl From<Error> for CommandError {
    fn from(error: Error) -> CommandError {
        let mut command = CommandError::new(error.kind(), error.to_string());
        command.causes = error.details();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            command.causes.push(cause.to_string());
            source = cause.source();
        }
        command.hints = error.hints();
        command
    }
}

fn folder_pattern(path: &str) -> String {
    path.rsplit_once('/')
        .map_or_else(|| path.to_owned(), |(folder, _)| format!("{folder}/**"))
}
