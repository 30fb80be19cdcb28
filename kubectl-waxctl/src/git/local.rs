//! Commits without a push. Order: first the objects, then git's promise that it can move the branch, then the working tree
//! if the branch is checked out, the branch last. So a refusal at any of these steps leaves everything as it was.

use std::path::PathBuf;

use super::branch::Target;
use super::commit::{Draft, Proposal};
use super::commit_view::CommitView;
use super::error::Error;
use super::hooks;
use super::index_lock;
use super::journal::Journal;
use super::outcome::Done;
use super::reference::Move;
use super::repository::Repository;
use super::worktree::Checkout;
use crate::interrupt;

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
        if draft.changes_nothing(&parent) {
            if target.checked_out && !journal.earlier.is_empty() {
                let note = "a waxctl that was killed may have left files in your working tree (run `git status`)";
                journal.notes.push(note.to_owned());
            }
            return Ok(Done::nothing(journal.end()));
        }
        let top = repository.worktree().filter(|_| target.checked_out);
        let checkout = top
            .map(|top| {
                let earlier = &journal.earlier;
                Checkout::take(repository, top, &draft.files, &draft.read, &parent, earlier)
            })
            .transpose()?;
        let left_out = check(repository, &parent, &draft, checkout.as_ref(), &mut journal)?;
        let edits = || checkout.as_ref().map_or_else(Vec::new, Checkout::edits);
        let commit = draft.commit(repository, &parent, &edits)?;
        let step = Move {
            target,
            old: base.old.as_ref(),
            new: &commit,
            reason: &draft.reason(),
        };
        if advance(repository, &step, checkout, &mut journal)? {
            journal.notes.extend(left_out);
            if target.checked_out {
                hooks::after(repository);
            }
            return Ok(Done {
                commit: Some(commit),
                said: Vec::new(),
                notes: journal.end(),
                unfinished: None,
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
        locks.extend(index_lock::locks(repository));
    }
    locks
}

/// Moves the branch, and the working tree with it, if the branch still points to the old commit. Returns false if another
/// process has moved it.
pub(super) fn advance(
    repository: &Repository,
    step: &Move<'_>,
    checkout: Option<Checkout<'_>>,
    journal: &mut Journal,
) -> Result<bool, Error> {
    let Some(prepared) = step.prepare(repository)? else {
        return Ok(false);
    };
    step.target.refuse_if_switched(repository)?;
    let _hold = interrupt::hold();
    let Some(checkout) = checkout else {
        prepared.commit()?;
        return Ok(true);
    };
    journal.intend(step.new)?;
    let written = checkout.write(journal)?;
    match prepared.commit() {
        Ok(()) => Ok(true),
        Err(error) => {
            written.undo(journal);
            Err(error)
        }
    }
}

/// Runs the hook that checks the files of a commit, with these files in the working tree. Returns a note if there is such
/// a hook, and it cannot run: the working tree belongs to another commit, or changes of the user are in the way.
pub(super) fn check(
    repository: &Repository,
    parent: &CommitView<'_>,
    draft: &Draft,
    checkout: Option<&Checkout<'_>>,
    journal: &mut Journal,
) -> Result<Option<String>, Error> {
    if !hooks::checks_files(repository) {
        return Ok(None);
    }
    let left_out = |why: &str| Ok(Some(format!("the pre-commit hook did not run: {why}")));
    let Some(top) = repository.worktree() else {
        return left_out("this repository has no working tree");
    };
    if !hooks::belongs_to_worktree(repository, parent)? {
        return left_out("the commit is not made on the checked-out commit");
    }
    let earlier = journal.earlier.clone();
    let mut run = |checkout: &Checkout<'_>| {
        let (result, edits) = checkout.show(&draft.tree, journal, || draft.check(repository))?;
        hooks::checked(result, edits)
    };
    if let Some(checkout) = checkout {
        return run(checkout).map(|()| None);
    }
    match Checkout::take(repository, top, &draft.files, &draft.read, parent, &earlier) {
        Ok(checkout) => run(&checkout).map(|()| None),
        Err(error) => left_out(&error.in_one_line()),
    }
}
