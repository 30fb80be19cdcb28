//! Commits without a push. Order: first the objects, then the working tree if the branch is checked out, the branch
//! last.

use std::path::PathBuf;

use super::branch::Target;
use super::commit::{Draft, Proposal};
use super::error::Error;
use super::journal::Journal;
use super::object_id::ObjectId;
use super::outcome::Done;
use super::repository::Repository;
use super::worktree::{self, Checkout};

const ATTEMPTS: u32 = 10;

/// Commits the files that `propose` returns to the branch.
///
/// A crash at any moment leaves the branch at the old or at the new commit; the next run reports and removes leftovers.
pub(crate) fn commit<E: From<Error>>(
    repository: &Repository,
    target: &Target,
    propose: &mut Proposal<'_, E>,
) -> Result<Done, E> {
    target.refuse_if_busy(repository)?;
    let mut journal = Journal::begin(repository, &locks(repository, target))?;
    for _ in 0..ATTEMPTS {
        let base = target.base(repository)?;
        let parent = repository.view(base.commit.as_ref())?;
        let draft = Draft::write(repository, &parent, propose(&parent)?)?;
        let checkout = Checkout::of(repository, &draft.files).filter(|_| target.checked_out);
        if let Some(checkout) = &checkout {
            checkout.refuse_if_dirty(&parent, &journal.earlier)?;
        }
        if draft.changes_nothing(&parent) {
            if checkout.is_some() && !journal.earlier.is_empty() {
                let note = "a waxctl that was killed may have left files in your working tree (run `git status`)";
                journal.notes.push(note.to_owned());
            }
            return Ok(Done {
                commit: None,
                notes: journal.end()?,
            });
        }
        let commit = draft.commit(repository, &parent)?;
        if let Some(checkout) = checkout {
            journal.intend(&commit)?;
            checkout.write(&mut journal)?;
        }
        if move_branch(
            repository,
            target,
            &commit,
            base.old.as_ref(),
            &draft.reason(),
        )? {
            return Ok(Done {
                commit: Some(commit),
                notes: journal.end()?,
            });
        }
    }
    Err(Error::LostRaces {
        remote: "this repository".into(),
        branch: target.branch.clone(),
        attempts: ATTEMPTS,
    }
    .into())
}

/// Returns the locks that moving this branch can leave behind.
pub(super) fn locks(repository: &Repository, target: &Target) -> Vec<PathBuf> {
    let mut locks = vec![
        repository
            .common_dir
            .join(format!("{}.lock", target.reference)),
        repository.common_dir.join("reftable/tables.list.lock"),
    ];
    if target.checked_out {
        locks.extend(worktree::locks(repository));
    }
    locks
}

/// Moves the branch if it still points to `old`. Returns false if another process has moved it.
pub(super) fn move_branch(
    repository: &Repository,
    target: &Target,
    new: &ObjectId,
    old: Option<&ObjectId>,
    reason: &str,
) -> Result<bool, Error> {
    let lock = repository
        .common_dir
        .join(format!("{}.lock", target.reference));
    if lock.exists() {
        return Err(Error::Locked(lock));
    }
    let expected = old.map_or_else(|| repository.no_object(), ToString::to_string);
    let update = [
        "update-ref",
        "-m",
        reason,
        &target.reference,
        new.as_str(),
        &expected,
    ];
    let answer = repository.git.ask(&update)?;
    if answer.code == Some(0) {
        return Ok(true);
    }
    if repository.resolve(&target.reference)?.as_ref() != old {
        return Ok(false);
    }
    Err(if lock.exists() {
        Error::Locked(lock)
    } else {
        answer.failure("update-ref")
    })
}
