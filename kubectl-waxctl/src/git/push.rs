//! Commits and pushes: builds on the fetched tip and pushes a plain fast-forward. If another push was faster, renders
//! again on the new tip.

use std::path::PathBuf;
use std::time::Duration;

use gitops::shell::word;

use super::branch::Target;
use super::commit::{Draft, Proposal};
use super::commit_view::CommitView;
use super::error::Error;
use super::history::History;
use super::hooks;
use super::journal::Journal;
use super::local;
use super::local_branch::follow;
use super::object_id::ObjectId;
use super::outcome::Done;
use super::push_report::as_printed;
use super::remote::{Push, Refusal, Remote};
use super::repository::Repository;
use super::url;

/// The wait between attempts. It is random, so that machines that lost the same race do not collide again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Any number that differs between processes.
    pub(crate) seed: u64,
    /// The upper limit of the random wait after the first lost race, in milliseconds; doubled each time. Zero never
    /// waits.
    pub(crate) first_ms: u64,
}

const ATTEMPTS: u32 = 10;
const LONGEST_MS: u64 = 4000;

/// What stands at the remote after a push that failed, in whole or in part.
enum After {
    /// The commit. The error tells which address of the remote lacks it.
    Landed(Option<Error>),
    /// Another push was faster; its tip.
    Moved(Option<ObjectId>),
}

/// Commits the files that `propose` returns on top of the remote branch, and pushes the commit.
pub(crate) fn publish<E: From<Error>>(
    repository: &Repository,
    target: &Target,
    remote: &Remote,
    mut pace: Pace,
    propose: &mut Proposal<'_, E>,
) -> Result<Done, E> {
    let mut journal = Journal::begin(repository, &locks(repository, target, remote))?;
    let mut tip = remote
        .fetch(repository)
        .map_err(|error| remote.not_begun(error))?;
    for _ in 0..ATTEMPTS {
        let parent = match &tip {
            Some(tip) => repository.at(tip)?,
            None => new_branch(repository, target, remote)?,
        };
        let draft = Draft::write(repository, &parent, propose(&parent)?)?;
        if draft.changes_nothing(&parent) {
            // A run that was killed after its push has not moved the local branch.
            if let Some(tip) = tip.as_ref().filter(|tip| journal.pushed.contains(tip)) {
                follow(repository, target, remote, &mut journal, tip);
            }
            return Ok(Done::nothing(journal.end()));
        }
        let left_out = local::check(repository, &parent, &draft, None, &mut journal)?;
        // Nothing in the working tree depends on the push.
        let commit = draft.commit(repository, &parent, &Vec::new)?;
        journal.about_to_push(&commit)?;
        let has_hook = hooks::checks_push(repository);
        let (said, unfinished) = match remote.push(repository, &commit, has_hook)? {
            Push::Landed { said } => (said, None),
            failed => match remote.after(repository, failed, &commit, tip.as_ref())? {
                After::Landed(unfinished) => (Vec::new(), unfinished),
                After::Moved(now) => {
                    let absorbed = absorbed(repository, remote, now.as_ref())?;
                    journal.notes.extend(absorbed);
                    tip = now;
                    pace.wait();
                    continue;
                }
            },
        };
        journal.notes.extend(left_out);
        follow(repository, target, remote, &mut journal, &commit);
        return Ok(Done {
            commit: Some(commit),
            said,
            notes: journal.end(),
            unfinished: unfinished.map(|error| Box::new(error.into())),
        });
    }
    let (remote, branch) = (remote.name.clone(), remote.branch().to_owned());
    Err(Error::LostRaces {
        remote,
        branch,
        attempts: ATTEMPTS,
    }
    .into())
}

/// Returns the parent that a commit would have, as far as this machine knows: nothing is fetched into a repository of
/// the user.
pub(crate) fn preview<'r>(
    repository: &'r Repository,
    target: &Target,
    remote: Option<&Remote>,
) -> Result<CommitView<'r>, Error> {
    let known = match remote {
        Some(remote) if repository.scratch => remote.fetch(repository)?,
        Some(remote) => repository.resolve(&remote.tracking)?,
        None => None,
    };
    match known {
        Some(commit) => repository.at(&commit),
        None => repository.view(target.base(repository)?.commit.as_ref()),
    }
}

impl Remote {
    // Looks at the remote after a failed push onto `tip`. Fails if the commit is not there, and nobody was faster.
    fn after(
        &self,
        repository: &Repository,
        failed: Push,
        commit: &ObjectId,
        tip: Option<&ObjectId>,
    ) -> Result<After, Error> {
        let Ok(now) = self.fetch(repository) else {
            return Err(self.not_pushed(repository, failed, commit, true)?);
        };
        // Race: the connection can break after the remote has accepted the push.
        let landed = now
            .as_ref()
            .map_or(Ok(false), |now| repository.is_ancestor(commit, now))?;
        if landed {
            Ok(After::Landed(self.in_part(&failed, commit, true)))
        } else if now.as_ref() == tip {
            Err(self.not_pushed(repository, failed, commit, false)?)
        } else {
            Ok(After::Moved(now))
        }
    }

    // Returns the error of a failed push. `in_doubt` tells that the commit may have arrived all the same.
    fn not_pushed(
        &self,
        repository: &Repository,
        failed: Push,
        commit: &ObjectId,
        in_doubt: bool,
    ) -> Result<Error, Error> {
        if let Some(error) = self.in_part(&failed, commit, false) {
            return Ok(error);
        }
        let detail = match failed {
            Push::Refused(Refusal {
                detail, by_remote, ..
            }) => {
                return Ok(Error::Refused {
                    remote: self.name.clone(),
                    branch: self.branch().to_owned(),
                    detail,
                    by_remote,
                    hook: hooks::checks_push(repository),
                });
            }
            Push::Broken { detail, .. } => detail,
            Push::Landed { .. } => String::new(),
        };
        let check = if repository.scratch {
            // The remote has no name outside its cache.
            let url = repository
                .git
                .text(&["config", "--get", "remote.origin.url"])?;
            format!("git ls-remote {}", word(&url::without_credentials(&url)))
        } else {
            self.dry_run()
        };
        Ok(Error::NotPushed {
            place: self.label(),
            detail,
            check,
            in_doubt,
        })
    }

    // Returns the error of a push that could not begin.
    fn not_begun(&self, error: Error) -> Error {
        match error.before_push() {
            Error::NotPushed {
                place,
                detail,
                in_doubt,
                ..
            } if self.source != self.name => Error::NotPushed {
                place,
                detail,
                check: self.dry_run(),
                in_doubt,
            },
            other => other,
        }
    }

    // Returns the error of a push that some addresses of the remote have accepted, and others have not. `is_read` tells
    // that the address that is fetched from has the commit.
    fn in_part(&self, failed: &Push, commit: &ObjectId, is_read: bool) -> Option<Error> {
        let (detail, accepted) = match failed {
            Push::Refused(refusal) => (&refusal.detail, &refusal.landed),
            Push::Broken { detail, landed } => (detail, landed),
            Push::Landed { .. } => return None,
        };
        let read = self.addresses.first().filter(|_| is_read);
        let addresses = self.addresses.iter().cloned();
        let (landed, missed): (Vec<String>, Vec<String>) = addresses
            .partition(|address| read == Some(address) || accepted.contains(&as_printed(address)));
        if landed.is_empty() || missed.is_empty() {
            return None;
        }
        Some(Error::PushedInPart {
            branch: self.branch().to_owned(),
            commit: commit.clone(),
            landed,
            missed,
            detail: detail.clone(),
        })
    }

    fn dry_run(&self) -> String {
        let target = format!("HEAD:{}", self.branch());
        format!("git push --dry-run {} {}", word(&self.name), word(&target))
    }
}

impl Pace {
    fn wait(&mut self) {
        // xorshift: random enough to keep two machines from colliding again.
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        let wait = if self.first_ms == 0 {
            0
        } else {
            self.seed % self.first_ms
        };
        self.first_ms = (self.first_ms * 2).min(LONGEST_MS);
        std::thread::sleep(Duration::from_millis(wait));
    }
}

fn locks(repository: &Repository, target: &Target, remote: &Remote) -> Vec<PathBuf> {
    let mut locks = local::locks(repository, target);
    locks.push(
        repository
            .common_dir
            .join(format!("{}.lock", remote.tracking)),
    );
    locks.push(repository.common_dir.join("shallow.lock"));
    locks
}

// A branch that the remote does not have yet starts from the user's own branch, else from the remote's default branch.
fn new_branch<'r>(
    repository: &'r Repository,
    target: &Target,
    remote: &Remote,
) -> Result<CommitView<'r>, Error> {
    let own = repository
        .resolve(&target.reference)?
        .filter(|_| !repository.scratch);
    let commit = if own.is_some() {
        own
    } else {
        remote.fetch_default(repository)?
    };
    repository.view(commit.as_ref())
}

fn absorbed(
    repository: &Repository,
    remote: &Remote,
    now: Option<&ObjectId>,
) -> Result<Option<String>, Error> {
    let Some(now) = now else { return Ok(None) };
    let Some(commit) = History::new(repository, Some(remote)).commit(now)? else {
        return Ok(None);
    };
    let (id, author, subject) = (now.short(), &commit.author, commit.subject());
    Ok(Some(format!(
        "`{}` changed meanwhile ({id} {author}: {subject}); rendered again on the new commit",
        remote.label()
    )))
}
