//! Finds and opens a repository, and resolves its references.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::object_id::ObjectId;
use super::objects::Objects;
use super::process::Git;

/// A repository that was found and opened.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(super) git: Git,
    pub(super) objects: Objects,
    pub(super) git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    pub(super) worktree: Option<PathBuf>,
    pub(super) hooks: Option<PathBuf>,
    pub(super) scratch: bool,
    id_length: usize,
}

impl Repository {
    /// Finds the repository of `path` as git does: from nested folders, linked worktrees, submodules and bare
    /// repositories.
    pub(crate) fn discover(path: &Path) -> Result<Repository, Error> {
        if !path.is_dir() {
            return Err(Error::NoFolder(path.to_path_buf()));
        }
        let questions = [
            "rev-parse",
            "--path-format=absolute",
            "--git-dir",
            "--git-common-dir",
            "--git-path",
            "hooks",
            "--is-bare-repository",
            "--show-object-format",
            "--show-toplevel",
        ];
        // In a bare repository the last option fails after git has printed the results of the others.
        let answer = Git::in_folder(path).ask(&questions)?;
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        let mut lines = text.lines();
        let (Some(git_dir), Some(common), Some(hooks), Some(bare), Some(format)) = (
            lines.next(),
            lines.next(),
            lines.next(),
            lines.next(),
            lines.next(),
        ) else {
            return Err(unopened(path, answer.stderr));
        };
        let worktree = lines.next().map(PathBuf::from);
        if worktree.is_none() && bare != "true" {
            return Err(Error::InsideGitDir(path.to_path_buf()));
        }
        let (git_dir, common_dir) = (PathBuf::from(git_dir), PathBuf::from(common));
        let git = Git::in_repository(&git_dir, worktree.as_deref());
        Ok(Repository {
            objects: Objects::open(&git_dir, &git)?,
            git,
            git_dir,
            common_dir,
            worktree,
            hooks: Some(PathBuf::from(hooks)),
            scratch: false,
            id_length: if format == "sha256" { 64 } else { 40 },
        })
    }

    /// Returns the top folder of the working tree; `None` in a bare repository.
    pub(crate) fn worktree(&self) -> Option<&Path> {
        self.worktree.as_deref()
    }

    /// Resolves a name to a commit.
    pub(super) fn resolve(&self, name: &str) -> Result<Option<ObjectId>, Error> {
        let peeled = format!("{name}^{{commit}}");
        let found = self.git.query(&[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &peeled,
        ])?;
        Ok(found.as_deref().map(ObjectId::parse).transpose()?)
    }

    /// Returns the object name of zeros, by which `git update-ref` means "must not exist yet".
    pub(super) fn no_object(&self) -> String {
        "0".repeat(self.id_length)
    }

    /// Whether `old` is `new` or one of its ancestors.
    pub(super) fn is_ancestor(&self, old: &ObjectId, new: &ObjectId) -> Result<bool, Error> {
        let answer = self
            .git
            .ask(&["merge-base", "--is-ancestor", old.as_str(), new.as_str()])?;
        Ok(answer.code == Some(0))
    }
}

// `rev-parse` does not distinguish a missing repository from one that git refuses for its format or its owner.
fn unopened(path: &Path, detail: String) -> Error {
    let from = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let holds_one = |folder: &&Path| {
        folder.join(".git").exists()
            || (folder.join("HEAD").is_file() && folder.join("objects").is_dir())
    };
    match from.ancestors().find(holds_one) {
        Some(repository) => Error::Unopened {
            path: repository.to_path_buf(),
            detail,
        },
        None => Error::NotARepository {
            path: path.to_path_buf(),
            detail,
        },
    }
}
