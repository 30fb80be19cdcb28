//! Lets one waxctl at a time work in a repository, and records its intentions in case it is killed.
//!
//! The file `waxctl.lock` is beside git's own files. The operating system holds the lock as long as the process lives.
//! Order: a run appends each intention to the file before it acts, and empties the file at its end. If the file is not
//! empty when a run obtains the lock, its content says what a killed run may have left behind.
//!
//! | line | meaning |
//! |---|---|
//! | `run PID` | a run has begun |
//! | `since NANOSECONDS` | the file system's time then; older locks are not of this run |
//! | `lock PATH` | the run may leave this lock or temporary file behind; the path is encoded as in a URL |
//! | `commit ID` | files of this commit, or of this tree, may be in the working tree |
//! | `push ID` | this commit may have been pushed |
//! | `end` | the run failed, but was not killed, so it has removed its locks |

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::error::Error;
use super::object_id::ObjectId;
use super::place::as_path;
use super::process::is_missing;
use super::repository::Repository;

/// The lock of this run and the file with its intentions.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// Commits of killed runs whose files may be in the working tree.
    pub(super) earlier: Vec<ObjectId>,
    /// Commits that a killed run was pushing.
    pub(super) pushed: Vec<ObjectId>,
    /// A message for each leftover that was removed.
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

/// The content of a lock on the index that waxctl has created.
pub(super) const MARK: &[u8] = b"waxctl";

const LOCK_TIMEOUT: Duration = Duration::from_secs(120);
const ORPHANS_TIMEOUT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

impl Journal {
    /// Waits for the lock, cleans up after a killed run, and records the locks that this run may leave behind.
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
        share(&file, repository);
        wait_for(&file)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(fail("read"))?;
        let killed = Killed::parse(&String::from_utf8_lossy(&text));
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
        // The clock of the file system decides which locks are younger than this run.
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
            lines.push_str(&format!("\nlock {}", encoded(lock)));
        }
        journal.append(&lines)?;
        Ok(journal)
    }

    /// Records the commit, or its tree, whose files are about to be written to the working tree.
    pub(super) fn intend(&mut self, commit: &ObjectId) -> Result<(), Error> {
        self.append(&format!("commit {commit}"))
    }

    /// Records the commit that is about to be pushed.
    pub(super) fn about_to_push(&mut self, commit: &ObjectId) -> Result<(), Error> {
        self.append(&format!("push {commit}"))
    }

    /// Records a temporary file that is about to be created.
    pub(super) fn about_to_make(&mut self, path: &Path) -> Result<(), Error> {
        self.append(&format!("lock {}", encoded(path)))
    }

    /// Empties the file, as nothing of this run is left behind, and returns what to tell the user.
    ///
    /// The work is done, so this cannot fail: a file that is not emptied only makes the next run check once more.
    pub(super) fn end(mut self) -> Vec<String> {
        let emptied = self.file.rewind().and_then(|()| self.file.set_len(0));
        self.ended = emptied.is_ok();
        std::mem::take(&mut self.notes)
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

// A run that failed has removed its own locks, but files that it wrote to the working tree still count as waxctl's.
impl Drop for Journal {
    fn drop(&mut self) {
        if !self.ended && self.append("end").is_err() {
            // The next run then takes this one for killed. That is safe: it only checks the locks once more.
        }
    }
}

impl Killed {
    // Several runs can have been killed one after the other. Their commits add up; each run removed the locks of the
    // one before.
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
                Some(("lock", path)) => killed.leftovers.push(decoded(path)),
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
        // Of these locks only the one on the index can belong to another program for long: a git command with an open
        // editor.
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

// In a repository that a group shares, everybody of the group uses the same file. Only its owner can open it to them.
fn share(file: &File, repository: &Repository) {
    let (Some(shared), Ok(metadata)) = (repository.config.shared(), file.metadata()) else {
        return;
    };
    let mode = metadata.permissions().mode();
    if mode & shared.0 != shared.0 {
        drop(file.set_permissions(std::fs::Permissions::from_mode(mode | shared.0)));
    }
}

// A path can contain a line end, and bytes that are no text.
fn encoded(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_graphic() && *byte != b'%' {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn decoded(text: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let code = others
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &others[2..] } else { others };
    }
    as_path(&bytes)
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

// Race: a git process of the killed run can outlive the run by a moment, and another git process can be at work, too.
// While any git process runs in this repository, the locks stay.
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

// Without /proc it is unknown whether git runs, which process 0 stands for.
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
    fn paths_of_any_bytes_survive_encoding() {
        let path = as_path(b"/r/a b%20\n\xff\xc3\xa4/x.lock");
        assert_eq!(decoded(&encoded(&path)), path);
        assert_eq!(encoded(Path::new("/r/a-b.lock")), "/r/a-b.lock");
    }

    #[test]
    fn journal_keeps_all_commits_and_last_locks() {
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
