//! Runs the user's hooks for a commit that is made from trees, as `git commit` would.
//!
//! | hook | runs |
//! |---|---|
//! | `pre-commit` | if the commit is made on the checked-out commit: only then the working tree belongs to it |
//! | `prepare-commit-msg`, `commit-msg` | for every commit to a repository on this machine |
//! | `post-commit` | after a commit to the checked-out branch |
//!
//! `pre-commit` sees the files of the commit in the working tree, too. `pre-commit` and `commit-msg` are left out with
//! `--no-verify`. `git push` runs `pre-push`. The hooks see an index that contains the commit, as with
//! `git commit --only`, and the user's own index is locked meanwhile. A hook that changes files of the commit, in the
//! working tree or in that index, refuses it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::commit_view::CommitView;
use super::error::Error;
use super::hook_edit::HookEdit;
use super::object_id::ObjectId;
use super::process::Answer;
use super::repository::Repository;
use crate::interrupt;

const PRE_COMMIT: &str = "pre-commit";
const PREPARE: &str = "prepare-commit-msg";
const COMMIT_MSG: &str = "commit-msg";
const POST_COMMIT: &str = "post-commit";

/// Whether the user has a hook that checks the files of a commit.
pub(super) fn checks_files(repository: &Repository) -> bool {
    repository.verify && exists(repository, PRE_COMMIT)
}

/// Runs the hook that checks the files of a commit. They have to be in the working tree.
pub(super) fn check_files(
    repository: &Repository,
    tree: &ObjectId,
    author: &str,
) -> Result<(), Error> {
    let index = Index::of(repository, tree)?;
    run(repository, PRE_COMMIT, &[], &index.variables(author))?;
    let staged = index.staged(repository, tree)?;
    if staged.is_empty() {
        Ok(())
    } else {
        Err(Error::HookChanged {
            hook: PRE_COMMIT,
            staged,
            edits: Vec::new(),
        })
    }
}

/// Joins the result of the hook that checks the files with the files that were changed while it ran.
pub(super) fn checked(result: Result<(), Error>, edits: Vec<HookEdit>) -> Result<(), Error> {
    judged(PRE_COMMIT, result, edits)
}

fn judged(
    hook: &'static str,
    result: Result<(), Error>,
    edits: Vec<HookEdit>,
) -> Result<(), Error> {
    if edits.is_empty() {
        return result;
    }
    Err(match result {
        Ok(()) => Error::HookChanged {
            hook,
            staged: Vec::new(),
            edits,
        },
        Err(Error::HookChanged { staged, .. }) => Error::HookChanged {
            hook,
            staged,
            edits,
        },
        Err(Error::Hook { detail, .. }) => Error::Hook {
            hook,
            detail,
            edits,
        },
        Err(other) => other,
    })
}

/// Runs the hooks that see the message, and returns it: both can change it. `edits` returns the files of the commit that
/// were changed in the working tree.
pub(super) fn edit_message(
    repository: &Repository,
    tree: &ObjectId,
    message: &str,
    author: &dyn Fn() -> Result<String, Error>,
    edits: &dyn Fn() -> Vec<HookEdit>,
) -> Result<String, Error> {
    let prepare = exists(repository, PREPARE);
    let check = repository.verify && exists(repository, COMMIT_MSG);
    if !(prepare || check) {
        return Ok(message.to_owned());
    }
    let index = Index::of(repository, tree)?;
    let author = author()?;
    let variables = index.variables(&author);
    let file = Message::write(repository, message)?;
    let path = file.path.as_os_str();
    if prepare {
        let args = [path, OsStr::new("message")];
        let result = run(repository, PREPARE, &args, &variables);
        judged(PREPARE, result, edits())?;
    }
    if check {
        let result = run(repository, COMMIT_MSG, &[path], &variables);
        judged(COMMIT_MSG, result, edits())?;
    }
    file.read()
}

/// Runs the hook after a commit to the checked-out branch. As with `git commit`, its failure changes nothing.
pub(super) fn after(repository: &Repository) {
    if exists(repository, POST_COMMIT) {
        drop(run(repository, POST_COMMIT, &[], &[]));
    }
}

/// Whether the user has a hook that can refuse a push.
pub(super) fn checks_push(repository: &Repository) -> bool {
    repository.verify && exists(repository, "pre-push")
}

/// Whether the working tree is the one of the parent, so that a hook that looks at files sees the right ones.
pub(super) fn belongs_to_worktree(
    repository: &Repository,
    parent: &CommitView<'_>,
) -> Result<bool, Error> {
    Ok(repository.worktree.is_some() && repository.resolve("HEAD")?.as_ref() == parent.commit())
}

fn exists(repository: &Repository, hook: &str) -> bool {
    let Some(folder) = &repository.hooks else {
        return false;
    };
    let file = folder.join(hook).metadata();
    file.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
        || repository.config.has_hook(hook)
}

fn run(
    repository: &Repository,
    hook: &'static str,
    args: &[&OsStr],
    variables: &[(&str, OsString)],
) -> Result<(), Error> {
    let words = ["hook", "run", "--ignore-missing", hook, "--"].map(OsStr::new);
    let words = [&words[..], args].concat();
    // What `git commit` without an editor tells its hooks.
    let mut environment = vec![("GIT_EDITOR", OsStr::new(":"))];
    environment.extend(
        variables
            .iter()
            .map(|(name, value)| (*name, value.as_os_str())),
    );
    let answer = repository.git.feed(&words, &[], &environment)?;
    if answer.code == Some(0) {
        return Ok(());
    }
    let output = repository.git.said(&answer.stdout);
    Err(Error::Hook {
        hook,
        detail: format!("{}\n{output}", answer.stderr),
        edits: Vec::new(),
    })
}

// `git commit` tells its hooks the author: NAME <EMAIL> SECONDS ZONE.
fn of_author(author: &str) -> Vec<(&'static str, OsString)> {
    let parts = author.trim().split_once(" <").and_then(|(name, rest)| {
        let (email, date) = rest.split_once("> ")?;
        Some((name, email, date))
    });
    parts.map_or_else(Vec::new, |(name, email, date)| {
        vec![
            ("GIT_AUTHOR_NAME", name.into()),
            ("GIT_AUTHOR_EMAIL", email.into()),
            ("GIT_AUTHOR_DATE", format!("@{date}").into()),
        ]
    })
}

// An index with the tree of the commit.
struct Index {
    path: PathBuf,
    _folder: TempDir,
    _at_end: interrupt::AtEnd,
}

impl Index {
    fn of(repository: &Repository, tree: &ObjectId) -> Result<Index, Error> {
        let folder = tempfile::tempdir().map_err(|source| Error::File {
            doing: "create",
            path: std::env::temp_dir(),
            source,
        })?;
        let path = folder.path().join("index");
        let index = Index {
            path,
            _at_end: interrupt::remove_at_end(folder.path()),
            _folder: folder,
        };
        // From a copy git takes over what it knows about unchanged files, and need not read them again.
        let copied = fs::copy(repository.git_dir.join("index"), &index.path).is_ok();
        if copied
            && index
                .git(repository, &["read-tree", "-m", tree.as_str()])?
                .code
                == Some(0)
        {
            return Ok(index);
        }
        if copied {
            drop(fs::remove_file(&index.path));
        }
        index
            .git(repository, &["read-tree", tree.as_str()])?
            .success("read-tree")?;
        Ok(index)
    }

    fn variables(&self, author: &str) -> Vec<(&'static str, OsString)> {
        let mut variables = of_author(author);
        variables.push(("GIT_INDEX_FILE", self.path.clone().into()));
        variables
    }

    // Returns the paths that differ from a tree.
    fn staged(&self, repository: &Repository, tree: &ObjectId) -> Result<Vec<String>, Error> {
        let written = self
            .git(repository, &["write-tree"])?
            .success("write-tree")?;
        let written = ObjectId::parse(&String::from_utf8_lossy(&written))?;
        if written == *tree {
            return Ok(Vec::new());
        }
        let difference = [
            "diff-tree",
            "-r",
            "-z",
            "--name-only",
            "--no-renames",
            tree.as_str(),
            written.as_str(),
        ];
        let paths = repository.git.bytes(&difference, &[])?;
        let paths = String::from_utf8_lossy(&paths);
        Ok(paths.split_terminator('\0').map(Into::into).collect())
    }

    fn git(&self, repository: &Repository, args: &[&str]) -> Result<Answer, Error> {
        let environment = [("GIT_INDEX_FILE", self.path.as_os_str())];
        repository.git.feed(args, &[], &environment)
    }
}

// The file with the message. It is not git's own, which a `git commit` of the user may have open in an editor.
struct Message {
    path: PathBuf,
    _at_end: interrupt::AtEnd,
}

impl Message {
    fn write(repository: &Repository, message: &str) -> Result<Message, Error> {
        let path = repository.git_dir.join("WAXCTL_EDITMSG");
        fs::write(&path, message).map_err(|source| failed("write", &path, source))?;
        let at_end = interrupt::remove_at_end(&path);
        Ok(Message {
            path,
            _at_end: at_end,
        })
    }

    fn read(&self) -> Result<String, Error> {
        let text = fs::read(&self.path).map_err(|source| failed("read", &self.path, source))?;
        let text = String::from_utf8_lossy(&text).into_owned();
        if text.trim().is_empty() {
            return Err(Error::Hook {
                hook: COMMIT_MSG,
                detail: "the message is empty".into(),
                edits: Vec::new(),
            });
        }
        Ok(text)
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // A file that stays is overwritten by the next run.
        drop(fs::remove_file(&self.path));
    }
}

fn failed(doing: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::File {
        doing,
        path: path.to_path_buf(),
        source,
    }
}
