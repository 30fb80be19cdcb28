//! Moves a branch in two steps: git first promises that it can, with its hooks and locks, then does it.
//!
//! Between the steps the working tree is written. So a refusal leaves everything as it was.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout};
use std::thread::JoinHandle;

use super::branch::Target;
use super::error::Error;
use super::object_id::ObjectId;
use super::repository::Repository;
use crate::interrupt;

/// A branch that is locked and can be moved.
pub(super) struct Prepared<'r> {
    repository: &'r Repository,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    said: Option<JoinHandle<Vec<u8>>>,
    ended: bool,
}

/// The move of a branch from one commit to another.
#[derive(Debug)]
pub(super) struct Move<'a> {
    pub(super) target: &'a Target,
    /// The commit that the branch points to now; `None` if it does not exist.
    pub(super) old: Option<&'a ObjectId>,
    pub(super) new: &'a ObjectId,
    /// The entry for the reference log.
    pub(super) reason: &'a str,
}

impl Move<'_> {
    /// Locks the branch and asks the hooks. Returns `None` if another process has moved the branch.
    pub(super) fn prepare<'r>(
        &self,
        repository: &'r Repository,
    ) -> Result<Option<Prepared<'r>>, Error> {
        let lock = repository
            .common_dir
            .join(format!("{}.lock", self.target.reference));
        if lock.exists() {
            return Err(Error::Locked(lock));
        }
        let git = &repository.git;
        // A line end in the text would end the entry of the reference log.
        let reason = self.reason.replace(['\n', '\r'], " ");
        let mut child = git
            .command(&["update-ref", "-m", &reason, "--stdin"])
            // Race: Ctrl-C in a terminal must not end git after it has moved the branch and before it says so.
            .process_group(0)
            .spawn()
            .map_err(|error| git.not_started(error))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let Some(output) = output else {
            return Err(Error::NoGit(std::io::ErrorKind::BrokenPipe.into()));
        };
        // A hook can say more than a pipe holds.
        let said = child.stderr.take().map(|mut pipe| {
            std::thread::spawn(move || {
                let mut said = Vec::new();
                drop(pipe.read_to_end(&mut said));
                said
            })
        });
        let mut prepared = Prepared {
            repository,
            child,
            input,
            output: BufReader::new(output),
            said,
            ended: false,
        };
        let old = self
            .old
            .map_or_else(|| repository.no_object(), ToString::to_string);
        let (reference, new) = (&self.target.reference, self.new);
        let text = format!("start\nupdate {reference} {new} {old}\nprepare\n");
        if prepared.tell(&text) && prepared.hears("start: ok") && prepared.hears("prepare: ok") {
            return Ok(Some(prepared));
        }
        let detail = prepared.last_words();
        if repository.resolve(&self.target.reference)?.as_ref() != self.old {
            return Ok(None);
        }
        Err(if lock.exists() {
            Error::Locked(lock)
        } else {
            Error::BranchRefused {
                branch: self.target.branch.clone(),
                detail,
            }
        })
    }
}

impl Prepared<'_> {
    /// Moves the branch.
    pub(super) fn commit(mut self) -> Result<(), Error> {
        if self.tell("commit\n") && self.hears("commit: ok") {
            self.input = None;
            // The branch has moved, whatever git says when it ends.
            drop(self.child.wait());
            self.ended = true;
            return Ok(());
        }
        Err(Error::Command {
            verb: "update-ref".into(),
            detail: self.last_words(),
        })
    }

    fn tell(&mut self, text: &str) -> bool {
        let Some(input) = &mut self.input else {
            return false;
        };
        input
            .write_all(text.as_bytes())
            .and_then(|()| input.flush())
            .is_ok()
    }

    fn hears(&mut self, want: &str) -> bool {
        let mut line = String::new();
        self.output.read_line(&mut line).is_ok() && line.trim_end() == want
    }

    fn last_words(&mut self) -> String {
        self.input = None;
        drop(self.child.wait());
        interrupt::stop_here();
        self.ended = true;
        let said = self.said.take().and_then(|said| said.join().ok());
        self.repository.git.said(&said.unwrap_or_default())
    }
}

// Git gives up the locks when its input ends.
impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.input = None;
            drop(self.child.wait());
        }
    }
}
