//! After a push, moves the user's local branch to the pushed commit, but only if no local work is in the way.

use std::collections::BTreeMap;

use super::branch::Target;
use super::error::Error;
use super::journal::Journal;
use super::local::advance;
use super::object_id::ObjectId;
use super::reference::Move;
use super::remote::Remote;
use super::repository::Repository;
use super::tree::Files;
use super::worktree::Checkout;

/// Moves the local branch to the pushed commit, or records why it stays. The push has landed, so nothing here is a
/// failure.
pub(super) fn follow(
    repository: &Repository,
    target: &Target,
    remote: &Remote,
    journal: &mut Journal,
    commit: &ObjectId,
) {
    if let Err(error) = try_to_follow(repository, target, remote, journal, commit) {
        let reason = match &error {
            Error::Dirty(_) => format!("{error} (run `git stash`, then `git pull`)"),
            _ => format!(
                "{} (run `git pull` when that is mended)",
                error.in_one_line()
            ),
        };
        journal.left(target, &reason);
    }
}

fn try_to_follow(
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
    let parent = repository.view(old.as_ref())?;
    let top = repository.worktree().filter(|_| target.checked_out);
    let checkout = top
        .map(|top| {
            let read = BTreeMap::new();
            Checkout::take(repository, top, &files, &read, &parent, &journal.earlier)
        })
        .transpose()?;
    let step = Move {
        target,
        old: old.as_ref(),
        new: commit,
        reason: "waxctl: pushed",
    };
    if !advance(repository, &step, checkout, journal)? {
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
            Ok((path, entry.and_then(|entry| entry.blob())))
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
