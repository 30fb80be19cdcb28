//! After a push, moves the user's local branch to the pushed commit, but only if no local work is in the way.

use std::collections::BTreeMap;

use super::branch::Target;
use super::error::Error;
use super::journal::Journal;
use super::local::move_branch;
use super::object_id::ObjectId;
use super::remote::Remote;
use super::repository::Repository;
use super::worktree::Checkout;

type Files = BTreeMap<String, Option<ObjectId>>;

/// Moves the local branch to the pushed commit, or records why it stays.
pub(super) fn follow(
    repository: &Repository,
    target: &Target,
    remote: &Remote,
    journal: &mut Journal,
    commit: &ObjectId,
) -> Result<(), Error> {
    let old = repository.resolve(&target.reference)?;
    if repository.scratch || (old.is_none() && !target.checked_out) || old.as_ref() == Some(commit)
    {
        return Ok(());
    }
    let files = files_of(repository, commit)?;
    if let Some(reason) = obstacle(
        repository,
        target,
        &remote.label(),
        old.as_ref(),
        commit,
        &files,
    )? {
        journal.left(target, &reason);
        return Ok(());
    }
    if let Some(checkout) = Checkout::of(repository, &files).filter(|_| target.checked_out) {
        let parent = repository.view(old.as_ref())?;
        match checkout.refuse_if_dirty(&parent, &journal.earlier) {
            Err(error @ Error::Dirty(_)) => {
                journal.left(
                    target,
                    &format!("{error} (run `git stash`, then `git pull`)"),
                );
                return Ok(());
            }
            result => result?,
        }
        journal.intend(commit)?;
        checkout.write(journal)?;
    }
    if !move_branch(repository, target, commit, old.as_ref(), "waxctl: pushed")? {
        journal.left(target, "it changed meanwhile (run `git pull`)");
    }
    Ok(())
}

impl Journal {
    fn left(&mut self, target: &Target, reason: &str) {
        self.notes.push(format!(
            "your local branch `{}` was not updated: {reason}",
            target.branch
        ));
    }
}

fn obstacle(
    repository: &Repository,
    target: &Target,
    label: &str,
    old: Option<&ObjectId>,
    commit: &ObjectId,
    files: &Files,
) -> Result<Option<String>, Error> {
    if let Some(old) = old
        && !repository.is_ancestor(old, commit)?
    {
        return Ok(Some(format!(
            "it has commits that `{label}` does not have (run `git pull --rebase`)"
        )));
    }
    if let Err(error) = target.refuse_if_busy(repository) {
        return Ok(Some(error.to_string()));
    }
    if target.checked_out
        && !changed(repository, old, commit)?
            .iter()
            .all(|path| files.contains_key(path))
    {
        return Ok(Some(format!(
            "`{label}` has other changes, too (run `git pull`)"
        )));
    }
    Ok(None)
}

// Returns the files that a commit changed, with their new blobs.
fn files_of(repository: &Repository, commit: &ObjectId) -> Result<Files, Error> {
    let parent = repository.resolve(&format!("{commit}^"))?;
    let view = repository.at(commit)?;
    let paths = changed(repository, parent.as_ref(), commit)?.into_iter();
    paths
        .map(|path| {
            let entry = view.entry(&path)?;
            Ok((path, entry.map(|entry| entry.id)))
        })
        .collect()
}

fn changed(
    repository: &Repository,
    old: Option<&ObjectId>,
    new: &ObjectId,
) -> Result<Vec<String>, Error> {
    let list = match old {
        Some(old) => vec![
            "diff-tree",
            "-r",
            "-z",
            "--name-only",
            "--no-renames",
            old.as_str(),
            new.as_str(),
        ],
        None => vec!["ls-tree", "-r", "-z", "--name-only", new.as_str()],
    };
    let paths = repository.git.bytes(&list, &[])?;
    Ok(String::from_utf8_lossy(&paths)
        .split_terminator('\0')
        .map(Into::into)
        .collect())
}
