//! The target branch of a commit, and the parent of the commit.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::object_id::ObjectId;
use super::place::as_path;
use super::repository::Repository;

/// The branch that a commit is added to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Short name, such as `main`.
    pub(crate) branch: String,
    /// Full name, such as `refs/heads/main`.
    pub(crate) reference: String,
    /// Whether the user named the branch.
    pub(crate) named: bool,
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

/// The beginning of the full name of a branch.
pub(super) const HEADS: &str = "refs/heads/";

// Names by which every command of git means something else than a branch.
const PSEUDO: [&str; 11] = [
    "@",
    "AUTO_MERGE",
    "BISECT_HEAD",
    "CHERRY_PICK_HEAD",
    "FETCH_HEAD",
    "HEAD",
    "MERGE_AUTOSTASH",
    "MERGE_HEAD",
    "ORIG_HEAD",
    "REBASE_HEAD",
    "REVERT_HEAD",
];

// Files in the folder of a working tree, whose content names the branch that an operation is going to move.
const MOVING: [(&str, &str); 4] = [
    ("rebase-merge/head-name", "a rebase"),
    ("rebase-apply/head-name", "a rebase"),
    ("rebase-merge/update-refs", "a rebase"),
    ("BISECT_START", "a bisection"),
];

// Files that an unfinished operation on the checked-out branch leaves.
const UNFINISHED: [(&str, &str); 5] = [
    ("MERGE_HEAD", "a merge"),
    ("CHERRY_PICK_HEAD", "a cherry-pick"),
    ("REVERT_HEAD", "a revert"),
    ("sequencer", "a series of cherry-picks or reverts"),
    ("rebase-apply/applying", "`git am`"),
];

impl Target {
    /// Chooses the requested branch, else the one that is checked out.
    pub(crate) fn choose(repository: &Repository, named: Option<&str>) -> Result<Target, Error> {
        let head = repository.head_branch()?;
        let reference = match (named, head) {
            (Some(named), _) => behind_alias(repository, named)?,
            (None, Some(head)) if head.starts_with(HEADS) => head.to_owned(),
            (None, _) => return Err(Error::DetachedHead),
        };
        let branch = reference[HEADS.len()..].to_owned();
        let valid = |reference| -> Result<bool, Error> {
            let answer = repository.git.ask(&["check-ref-format", reference])?;
            Ok(answer.code == Some(0))
        };
        if named.is_some() {
            if branch.starts_with('-') || !valid(&reference)? {
                return Err(Error::BadBranch(branch));
            }
            refuse_remote_branch(repository, &branch, &reference)?;
        }
        let checked_out = repository.worktree.is_some() && head == Some(reference.as_str());
        let elsewhere = if checked_out {
            None
        } else {
            other_worktree(repository, &reference)?
        };
        Ok(Target {
            branch,
            reference,
            named: named.is_some(),
            checked_out,
            elsewhere,
        })
    }

    /// Refuses to go on if another branch was checked out since this one was chosen: its working tree would get the files
    /// of this one, or this one would leave its own behind.
    pub(super) fn refuse_if_switched(&self, repository: &Repository) -> Result<(), Error> {
        let head = repository.head_branch_now()?;
        let checked_out = repository.worktree.is_some() && head.as_ref() == Some(&self.reference);
        if checked_out == self.checked_out {
            Ok(())
        } else {
            Err(Error::Switched)
        }
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
        let remote = repository.default_remote()?;
        let remote = repository.resolve(&format!("refs/remotes/{remote}/{}", self.branch))?;
        let commit = if remote.is_some() {
            remote
        } else {
            repository.resolve("HEAD")?
        };
        Ok(Base { commit, old: None })
    }

    /// Refuses a branch that is checked out in another working tree, or that an unfinished operation is going to move, in
    /// whichever working tree.
    pub(super) fn refuse_if_busy(&self, repository: &Repository) -> Result<(), Error> {
        if let Some(path) = &self.elsewhere {
            return Err(Error::CheckedOutElsewhere {
                branch: self.branch.clone(),
                path: path.clone(),
            });
        }
        for folder in folders_of_worktrees(repository) {
            let moving = MOVING.iter().find(|(file, _)| {
                let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
                text.lines()
                    .any(|line| line.trim() == self.reference || line.trim() == self.branch)
            });
            let Some((_, operation)) = moving else {
                continue;
            };
            return Err(Error::BranchInUse {
                operation,
                branch: self.branch.clone(),
                path: worktree_of(&folder, repository),
            });
        }
        let unfinished = UNFINISHED
            .iter()
            .find(|(file, _)| repository.git_dir.join(file).exists());
        match unfinished {
            Some((_, operation)) if self.checked_out => Err(Error::InProgress(operation)),
            _ => Ok(()),
        }
    }
}

// Returns the full name of the branch that a user means. A name can be an alias of another branch (`git symbolic-ref`):
// git would move that one.
fn behind_alias(repository: &Repository, named: &str) -> Result<String, Error> {
    let reference = format!("{HEADS}{}", short_name(repository, named)?);
    match repository.symbolic(&reference)? {
        None => Ok(reference),
        Some(branch) if branch.starts_with(HEADS) => Ok(branch),
        Some(_) => Err(Error::OtherThanBranch(named.to_owned())),
    }
}

// Returns the short name of the branch that a user means. Git takes some names for something else in every command.
fn short_name<'n>(repository: &Repository, named: &'n str) -> Result<&'n str, Error> {
    let short = [HEADS, "heads/"]
        .iter()
        .find_map(|start| named.strip_prefix(start))
        .unwrap_or(named);
    let tracking = ["refs/remotes/", "remotes/"]
        .iter()
        .find_map(|start| short.strip_prefix(start));
    let mut remotes = repository.config.remotes().into_iter();
    let found = tracking.and_then(|tracking| {
        remotes.find_map(|remote| {
            let branch = tracking.strip_prefix(remote)?.strip_prefix('/')?;
            Some((remote.to_owned(), branch.to_owned()))
        })
    });
    if let Some((remote, branch)) = found {
        return Err(Error::RemoteBranch {
            name: named.to_owned(),
            remote,
            branch,
        });
    }
    let elsewhere = ["refs/", "remotes/", "tags/"]
        .iter()
        .any(|start| short.starts_with(start));
    if elsewhere || PSEUDO.contains(&short) {
        return Err(Error::OtherThanBranch(named.to_owned()));
    }
    Ok(short)
}

// A new branch with the name of a remote-tracking branch would be taken for it everywhere.
fn refuse_remote_branch(
    repository: &Repository,
    branch: &str,
    reference: &str,
) -> Result<(), Error> {
    let mut remotes = repository.config.remotes().into_iter();
    let Some((remote, short)) = remotes.find_map(|remote| {
        let short = branch.strip_prefix(remote)?.strip_prefix('/')?;
        Some((remote.to_owned(), short.to_owned()))
    }) else {
        return Ok(());
    };
    let tracking = format!("refs/remotes/{branch}");
    if repository.resolve(reference)?.is_some() || repository.resolve(&tracking)?.is_none() {
        return Ok(());
    }
    Err(Error::RemoteBranch {
        name: branch.to_owned(),
        remote,
        branch: short,
    })
}

// Returns git's folder of each working tree.
fn folders_of_worktrees(repository: &Repository) -> Vec<PathBuf> {
    let linked = fs::read_dir(repository.common_dir.join("worktrees"));
    let linked = linked.into_iter().flatten().flatten();
    std::iter::once(repository.common_dir.clone())
        .chain(linked.map(|entry| entry.path()))
        .collect()
}

// Returns the top folder of a working tree.
fn worktree_of(folder: &Path, repository: &Repository) -> PathBuf {
    let link = fs::read(folder.join("gitdir")).unwrap_or_default();
    let entry = as_path(link.strip_suffix(b"\n").unwrap_or(&link));
    match entry.parent() {
        Some(top) if !link.is_empty() => folder.join(top),
        _ if folder == repository.git_dir => repository
            .worktree
            .clone()
            .unwrap_or_else(|| folder.to_path_buf()),
        _ => folder.parent().unwrap_or(folder).to_path_buf(),
    }
}

fn other_worktree(repository: &Repository, reference: &str) -> Result<Option<PathBuf>, Error> {
    if !repository.common_dir.join("worktrees").exists() && repository.worktree.is_some() {
        return Ok(None);
    }
    let question = ["worktree", "list", "--porcelain", "-z"];
    let list = repository.git.bytes(&question, &[])?;
    let mut path = None;
    for line in list.split(|byte| *byte == 0) {
        if let Some(found) = line.strip_prefix(b"worktree ") {
            path = Some(as_path(found));
        } else if line.strip_prefix(b"branch ") == Some(reference.as_bytes()) {
            return Ok(path.filter(|path| Some(path.as_path()) != repository.worktree()));
        }
    }
    Ok(None)
}
