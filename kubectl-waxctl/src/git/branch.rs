//! The target branch of a commit, and the parent of the commit.

use std::path::PathBuf;

use super::error::Error;
use super::object_id::ObjectId;
use super::repository::Repository;

/// The branch that a commit is added to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Short name, such as `main`.
    pub(crate) branch: String,
    /// Full name, such as `refs/heads/main`.
    pub(crate) reference: String,
    /// Whether the branch is checked out, so that the working tree has to be updated with it.
    pub(crate) checked_out: bool,
    /// Another working tree in which the branch is checked out.
    pub(crate) elsewhere: Option<PathBuf>,
}

/// The commit that a new commit is built on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// The parent; `None` for the first commit.
    pub(crate) commit: Option<ObjectId>,
    /// The commit that the branch points to; `None` if the branch does not exist yet.
    pub(crate) old: Option<ObjectId>,
}

const HEADS: &str = "refs/heads/";

impl Target {
    /// Chooses the requested branch, else the one that is checked out.
    pub(crate) fn choose(repository: &Repository, branch: Option<&str>) -> Result<Target, Error> {
        let head = repository.git.query(&["symbolic-ref", "--quiet", "HEAD"])?;
        let reference = match (branch, &head) {
            (Some(branch), _) => format!("{HEADS}{}", branch.strip_prefix(HEADS).unwrap_or(branch)),
            (None, Some(head)) if head.starts_with(HEADS) => head.clone(),
            (None, _) => return Err(Error::DetachedHead),
        };
        let branch = reference[HEADS.len()..].to_owned();
        if branch.starts_with('-')
            || repository.git.ask(&["check-ref-format", &reference])?.code != Some(0)
        {
            return Err(Error::BadBranch(branch));
        }
        let checked_out = repository.worktree.is_some() && head.as_deref() == Some(&reference);
        let elsewhere = if checked_out {
            None
        } else {
            other_worktree(repository, &reference)?
        };
        Ok(Target {
            branch,
            reference,
            checked_out,
            elsewhere,
        })
    }

    /// Returns the parent of a commit without a push: the tip of the branch, else the start of a new branch.
    pub(crate) fn base(&self, repository: &Repository) -> Result<Base, Error> {
        let old = repository.resolve(&self.reference)?;
        if old.is_some() || self.checked_out {
            return Ok(Base {
                commit: old.clone(),
                old,
            });
        }
        let remote = repository.resolve(&format!("refs/remotes/origin/{}", self.branch))?;
        let commit = if remote.is_some() {
            remote
        } else {
            repository.resolve("HEAD")?
        };
        Ok(Base { commit, old: None })
    }

    /// Refuses a branch with an unfinished rebase, merge, cherry-pick or revert, or in another working tree.
    pub(super) fn refuse_if_busy(&self, repository: &Repository) -> Result<(), Error> {
        if let Some(path) = &self.elsewhere {
            return Err(Error::CheckedOutElsewhere {
                branch: self.branch.clone(),
                path: path.clone(),
            });
        }
        for (folder, name) in [("rebase-merge", "head-name"), ("rebase-apply", "head-name")] {
            let head = std::fs::read_to_string(repository.git_dir.join(folder).join(name));
            if head.is_ok_and(|head| head.trim() == self.reference) {
                return Err(Error::InProgress("a rebase of this branch"));
            }
        }
        let operations = [
            ("MERGE_HEAD", "a merge"),
            ("CHERRY_PICK_HEAD", "a cherry-pick"),
            ("REVERT_HEAD", "a revert"),
        ];
        match operations
            .iter()
            .find(|(file, _)| repository.git_dir.join(file).exists())
        {
            Some((_, operation)) if self.checked_out => Err(Error::InProgress(operation)),
            _ => Ok(()),
        }
    }
}

fn other_worktree(repository: &Repository, reference: &str) -> Result<Option<PathBuf>, Error> {
    if !repository.common_dir.join("worktrees").exists() && repository.worktree.is_some() {
        return Ok(None);
    }
    let list = repository.git.text(&["worktree", "list", "--porcelain"])?;
    let mut path = None;
    for line in list.lines() {
        if let Some(found) = line.strip_prefix("worktree ") {
            path = Some(PathBuf::from(found));
        } else if line.strip_prefix("branch ") == Some(reference) {
            return Ok(path.filter(|path| Some(path.as_path()) != repository.worktree()));
        }
    }
    Ok(None)
}
