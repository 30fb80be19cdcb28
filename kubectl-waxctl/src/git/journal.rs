//! One waxctl at a time in a repository, and the memory of a run that was killed.
//!
//! `waxctl.lock` beside git's own files is held by the system for as long as its process lives. What a run is about
//! to do is appended to it first; a run that ends empties it. A file that is not empty when the lock is obtained
//! tells what a killed run may have left.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::error::Error;
use super::object_id::ObjectId;
use super::process::is_missing;
use super::repository::Repository;

/// The lock of this run and the place where it writes its intentions.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// Commits of killed runs whose files may lie in the working tree.
    pub(super) earlier: Vec<ObjectId>,
    /// Commits that a killed run was pushing.
    pub(super) pushed: Vec<ObjectId>,
    /// What was found and cleaned up, a sentence each.
    pub(super) notes: Vec<String>,
    ended: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Killed {
    pid: String,
    since: Option<SystemTime>,
    leftovers: Vec<PathBuf>,
    commits: Vec<ObjectId>,
    pushed: Vec<ObjectId>,
}

/// What a lock on the index holds when it is ours.
pub(super) const MARK: &[u8] = b"waxctl";

const LOCK_TIMEOUT: Duration = Duration::from_secs(120);
const ORPHANS_TIMEOUT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

impl Journal {
    /// Waits for the repository, cleans up after a killed run, and writes down which locks this run can leave.
    pub(super) fn begin(repository: &Repository, locks: &[PathBuf]) -> Result<Journal, Error> {
        let path = repository.common_dir.join("waxctl.lock");
        let fail = |doing| {
            let path = path.clone();
            move |source| Error::File {
                doing,
                path,
                source,
            }
        };
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&path)
            .map_err(fail("open"))?;
        wait_for(&file)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(fail("read"))?;
        let killed = Killed::parse(&text);
        let notes = killed.clean_up(repository)?;
        let mut journal = Journal {
            file,
            path: path.clone(),
            earlier: killed.commits,
            pushed: killed.pushed,
            notes,
            ended: false,
        };
        journal.append(&format!("run {}", std::process::id()))?;
        // The file system's own clock decides which locks are younger than this run.
        let since = journal
            .file
            .metadata()
            .and_then(|file| file.modified())
            .map_err(fail("read"))?;
        let since = since
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        let mut lines = format!("since {since}");
        for lock in locks {
            lines.push_str(&format!("\nlock {}", lock.display()));
        }
        journal.append(&lines)?;
        Ok(journal)
    }

    /// Notes the commit whose files are about to be written to the working tree.
    pub(super) fn intend(&mut self, commit: &ObjectId) -> Result<(), Error> {
        self.append(&format!("commit {commit}"))
    }

    /// Notes the commit that is about to be pushed.
    pub(super) fn about_to_push(&mut self, commit: &ObjectId) -> Result<(), Error> {
        self.append(&format!("push {commit}"))
    }

    /// Notes a temporary file that is about to be made.
    pub(super) fn about_to_make(&mut self, path: &Path) -> Result<(), Error> {
        self.append(&format!("lock {}", path.display()))
    }

    /// Forgets everything: nothing of this run is left.
    pub(super) fn end(mut self) -> Result<Vec<String>, Error> {
        let emptied = self.file.rewind().and_then(|()| self.file.set_len(0));
        emptied.map_err(|source| Error::File {
            doing: "write",
            path: self.path.clone(),
            source,
        })?;
        self.ended = true;
        Ok(std::mem::take(&mut self.notes))
    }

    fn append(&mut self, lines: &str) -> Result<(), Error> {
        let written = self.file.write_all(format!("{lines}\n").as_bytes());
        written.map_err(|source| Error::File {
            doing: "write",
            path: self.path.clone(),
            source,
        })
    }
}

// A run that failed has removed its own locks, but what it wrote to the working tree still counts as ours.
impl Drop for Journal {
    fn drop(&mut self) {
        if !self.ended && self.append("end").is_err() {
            // The next run then takes this one for killed, which is safe: it only looks twice.
        }
    }
}

impl Killed {
    // Several runs can have been killed one after the other: their commits add up, their locks were cleaned by the next.
    fn parse(text: &str) -> Killed {
        let mut killed = Killed::default();
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("run", pid)) => {
                    killed = Killed {
                        pid: pid.into(),
                        commits: killed.commits,
                        pushed: killed.pushed,
                        ..Killed::default()
                    };
                }
                Some(("since", nanos)) => {
                    killed.since = nanos
                        .parse()
                        .ok()
                        .map(|n| UNIX_EPOCH + Duration::from_nanos(n));
                }
                Some(("lock", path)) => killed.leftovers.push(path.into()),
                None if line == "end" => killed.leftovers.clear(),
                Some(("push", id)) => killed.pushed.extend(ObjectId::parse(id)),
                Some(("commit", id)) => killed.commits.extend(ObjectId::parse(id)),
                _ => {}
            }
        }
        killed
    }

    fn clean_up(&self, repository: &Repository) -> Result<Vec<String>, Error> {
        let mut notes = Vec::new();
        for path in &self.leftovers {
            if !self.left(path) {
                continue;
            }
            if let Some(pid) = outlived(repository) {
                return Err(Error::HeldByProcess {
                    path: path.clone(),
                    pid,
                });
            }
            match std::fs::remove_file(path) {
                Ok(()) => {
                    let pid = &self.pid;
                    notes.push(format!(
                        "removed {}, left by a waxctl that was killed (process {pid})",
                        path.display()
                    ));
                }
                Err(error) if is_missing(&error) => {}
                Err(source) => {
                    return Err(Error::File {
                        doing: "remove",
                        path: path.clone(),
                        source,
                    });
                }
            }
        }
        Ok(notes)
    }

    fn left(&self, path: &Path) -> bool {
        // Only a lock on the index can stand for long in the name of somebody else: an editor holds it open.
        if path.ends_with("index.lock")
            && !std::fs::read(path).is_ok_and(|text| text.starts_with(MARK))
        {
            return false;
        }
        let modified = path
            .symlink_metadata()
            .and_then(|file| file.modified())
            .ok();
        modified
            .zip(self.since)
            .is_some_and(|(modified, since)| modified >= since)
    }
}

fn wait_for(file: &File) -> Result<(), Error> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    while file.try_lock().is_err() {
        if Instant::now() > deadline {
            return Err(Error::Busy(LOCK_TIMEOUT.as_secs()));
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}

// A git process of the killed run can live a moment longer than the run; one of somebody else can be at work too.
// As long as any is alive in this repository, its locks are not touched.
fn outlived(repository: &Repository) -> Option<u32> {
    let deadline = Instant::now() + ORPHANS_TIMEOUT;
    loop {
        let alive = git_at_work(repository)?;
        if Instant::now() > deadline {
            return Some(alive);
        }
        std::thread::sleep(POLL);
    }
}

// Where there is no /proc nobody can tell, so process 0 stands for "maybe".
fn git_at_work(repository: &Repository) -> Option<u32> {
    if !Path::new("/proc/self").exists() {
        return Some(0);
    }
    let ours = [
        Some(&repository.git_dir),
        Some(&repository.common_dir),
        repository.worktree.as_ref(),
    ];
    let processes = std::fs::read_dir("/proc").ok()?;
    let pids = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let folder = std::fs::read_link(format!("/proc/{pid}/cwd"));
        name.starts_with("git")
            && folder.is_ok_and(|folder| ours.iter().flatten().any(|path| folder.starts_with(path)))
    })
    .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_of_all_killed_runs_count_and_locks_of_the_last() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let text = format!(
            "run 7\nsince 1000\nlock /r/a.lock\ncommit {one}\nrun 8\nsince 2000000000\nlock /r/b b.lock\ncommit {two}\npush {two}\ncom"
        );
        let want = Killed {
            pid: "8".into(),
            since: Some(UNIX_EPOCH + Duration::from_secs(2)),
            leftovers: vec!["/r/b b.lock".into()],
            commits: vec![
                ObjectId::parse(&one).unwrap(),
                ObjectId::parse(&two).unwrap(),
            ],
            pushed: vec![ObjectId::parse(&two).unwrap()],
        };
        assert_eq!(Killed::parse(&text), want);
    }
}
