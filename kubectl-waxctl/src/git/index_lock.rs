//! Git's own lock on the index, and what is read and replaced under it.
//!
//! The lock is a hard link to a file that contains `MARK`. So the lock never exists without its content, and a leftover is
//! known to be waxctl's. On a file system without hard links the lock is created first and marked then.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::journal::MARK;
use super::object_id::ObjectId;
use super::process::is_missing;
use super::repository::Repository;
use super::tree::{Blob, EXECUTABLE, Files};
use crate::interrupt;

/// The lock. It is released when it is dropped.
pub(super) struct IndexLock {
    lock: PathBuf,
    mark: PathBuf,
    copy: PathBuf,
    at_end: Vec<interrupt::AtEnd>,
}

/// An entry of the index.
#[derive(Clone)]
pub(super) struct Staged {
    pub(super) mode: String,
    pub(super) id: ObjectId,
    /// Whether it is in a state in which no commit can be made from it.
    pub(super) unmerged: bool,
    /// Whether git is told to assume that the file is unchanged, and takes nothing from the disk.
    pub(super) assumed: bool,
}

/// Returns the index entry of each path.
pub(super) fn staged(
    repository: &Repository,
    files: &Files,
) -> Result<BTreeMap<String, Staged>, Error> {
    // The tag of a file that git is told to assume unchanged is in lower case.
    let mut args: Vec<&OsStr> = ["ls-files", "-v", "-s", "-z", "--"]
        .map(OsStr::new)
        .to_vec();
    args.extend(files.keys().map(OsStr::new));
    let list = repository.git.bytes(&args, &[])?;
    let mut staged = BTreeMap::new();
    for line in String::from_utf8_lossy(&list).split_terminator('\0') {
        let Some((entry, path)) = line.split_once('\t') else {
            continue;
        };
        let [tag, mode, id, stage] = entry.split(' ').collect::<Vec<_>>()[..] else {
            continue;
        };
        if tag.eq_ignore_ascii_case("S") {
            return Err(Error::Sparse(path.to_owned()));
        }
        let entry = Staged {
            mode: mode.to_owned(),
            id: ObjectId::parse(id)?,
            unmerged: stage != "0" || !tag.eq_ignore_ascii_case("H"),
            assumed: tag == "h",
        };
        staged.insert(path.to_owned(), entry);
    }
    Ok(staged)
}

/// Returns the locks that a run with this working tree may leave behind if it is killed.
pub(super) fn locks(repository: &Repository) -> Vec<PathBuf> {
    [
        "index.lock",
        "HEAD.lock",
        "waxctl.index",
        "waxctl.index.lock",
        "waxctl.index-lock",
    ]
    .iter()
    .map(|name| repository.git_dir.join(name))
    .collect()
}

impl IndexLock {
    /// Takes the lock. Refuses an index that is not the one of the working tree: files and index would no longer agree.
    pub(super) fn take(repository: &Repository) -> Result<IndexLock, Error> {
        let path = |name| repository.git_dir.join(name);
        let index = path("index");
        if let Some(other) = repository.git.variable("GIT_INDEX_FILE")
            && Path::new(&other) != index
        {
            return Err(Error::OtherIndex(other.into()));
        }
        let (lock, mark) = (path("index.lock"), path("waxctl.index-lock"));
        match create(&mark, &lock, |mark, lock| fs::hard_link(mark, lock)) {
            Ok(()) => {
                let copy = path("waxctl.index");
                let at_end = [&copy, &lock, &mark].map(|path| interrupt::remove_at_end(path));
                Ok(IndexLock {
                    lock,
                    mark,
                    copy,
                    at_end: at_end.into(),
                })
            }
            Err(source) => {
                drop(fs::remove_file(mark));
                Err(match source.kind() {
                    ErrorKind::AlreadyExists => Error::Locked(lock),
                    _ => failed("create", &lock)(source),
                })
            }
        }
    }

    /// Replaces the index by one that contains the files. They are on the disk already.
    pub(super) fn replace_index(
        &self,
        repository: &Repository,
        files: &Files,
        staged: &BTreeMap<String, Staged>,
    ) -> Result<(), Error> {
        let assumed = staged.values().any(|entry| entry.assumed);
        if !assumed && are_on_disk(repository, files)? {
            return self.add(repository, files);
        }
        let entries = files.iter().map(|(path, blob)| {
            let entry = blob.as_ref().map(|blob| (blob.mode, &blob.id));
            (path.as_str(), entry)
        });
        self.put_entries(repository, entries)
    }

    // Takes the files from the disk: git reads and writes the index only once, which counts if it has many entries.
    fn add(&self, repository: &Repository, files: &Files) -> Result<(), Error> {
        self.copy(repository)?;
        let paths: String = files.keys().map(|path| format!("{path}\0")).collect();
        let update = [
            "update-index",
            "--add",
            "--remove",
            "--replace",
            "-z",
            "--stdin",
        ];
        let environment = [("GIT_INDEX_FILE", self.copy.as_os_str())];
        repository
            .git
            .feed(&update, paths.as_bytes(), &environment)?
            .success("update-index")?;
        self.swap(repository)
    }

    // Copies the index with its time. A file that was changed in the same moment in which git wrote the index looks
    // unchanged, so git reads each file that is as new as the index. With a later time it would miss such a change.
    fn copy(&self, repository: &Repository) -> Result<(), Error> {
        let index = repository.git_dir.join("index");
        let copy = || -> io::Result<()> {
            fs::copy(&index, &self.copy)?;
            let written = index.metadata()?.modified()?;
            let copy = OpenOptions::new().write(true).open(&self.copy)?;
            copy.set_modified(written)
        };
        match copy() {
            Err(source) if !is_missing(&source) => Err(failed("copy", &index)(source)),
            _ => Ok(()),
        }
    }

    fn swap(&self, repository: &Repository) -> Result<(), Error> {
        let index = repository.git_dir.join("index");
        fs::rename(&self.copy, &index).map_err(failed("replace", &index))
    }

    /// Replaces the index by one with these entries, each with mode and object; `None` removes the entry.
    pub(super) fn put_entries<'e>(
        &self,
        repository: &Repository,
        entries: impl Iterator<Item = (&'e str, Option<(&'e str, &'e ObjectId)>)>,
    ) -> Result<(), Error> {
        self.copy(repository)?;
        let mut lines = Vec::new();
        let mut present = Vec::new();
        for (path, entry) in entries {
            let (mode, id) = match entry {
                Some((mode, id)) => (mode, id.to_string()),
                None => ("0", repository.no_object()),
            };
            lines.extend(format!("{mode} {id} 0\t{path}\0").into_bytes());
            present.extend(entry.map(|_| OsStr::new(path)));
        }
        let environment = [("GIT_INDEX_FILE", self.copy.as_os_str())];
        let git = &repository.git;
        git.feed(
            &["update-index", "-z", "--index-info"],
            &lines,
            &environment,
        )?
        .success("update-index")?;
        // Refreshes sizes and times of the written files in the index, so that git does not have to read them again.
        // A new flow may be outside the sparse checkout, and is written all the same.
        if !present.is_empty() {
            let refresh = ["add", "--sparse", "--refresh", "--"].map(OsStr::new);
            let refresh = [&refresh[..], &present[..]].concat();
            git.feed(&refresh, &[], &environment)?.success("add")?;
        }
        self.swap(repository)
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        // Order: a lock of another program, which follows at once, must not be removed.
        self.at_end.clear();
        for path in [&self.copy, &self.lock, &self.mark] {
            if let Err(error) = fs::remove_file(path)
                && !is_missing(&error)
            {
                // The journal records the file, so the next run removes it.
            }
        }
    }
}

// Whether git would add exactly these files if it took them from the disk. A filter of the user can make another blob of
// a file, and somebody may have changed it.
fn are_on_disk(repository: &Repository, files: &Files) -> Result<bool, Error> {
    let Some(top) = repository.worktree() else {
        return Ok(false);
    };
    let same_kind =
        |(path, blob): (&String, &Option<Blob>)| match (top.join(path).symlink_metadata(), blob) {
            (Ok(file), Some(blob)) => {
                let executable = file.permissions().mode() & 0o100 != 0;
                file.is_file() && executable == (blob.mode == EXECUTABLE)
            }
            (Err(error), None) => is_missing(&error),
            _ => false,
        };
    if !repository.config.is_true("core.filemode") || !files.iter().all(same_kind) {
        return Ok(false);
    }
    let (paths, ids): (String, Vec<&ObjectId>) = files
        .iter()
        .filter_map(|(path, blob)| Some((format!("{path}\n"), &blob.as_ref()?.id)))
        .unzip();
    let found = repository
        .git
        .bytes(&["hash-object", "--stdin-paths"], paths.as_bytes())?;
    let found = String::from_utf8_lossy(&found);
    Ok(found.lines().eq(ids.iter().map(|id| id.as_str())))
}

fn create(
    mark: &Path,
    lock: &Path,
    link: impl FnOnce(&Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
    fs::write(mark, MARK)?;
    match link(mark, lock) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            let mut file = OpenOptions::new().write(true).create_new(true).open(lock)?;
            file.write_all(MARK)
        }
        result => result,
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_path_buf();
    move |source| Error::File {
        doing,
        path,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_works_without_hard_links() {
        let folder = tempfile::tempdir().unwrap();
        let (mark, lock) = (folder.path().join("mark"), folder.path().join("lock"));
        let refused = |_: &Path, _: &Path| Err(io::Error::from(ErrorKind::PermissionDenied));
        create(&mark, &lock, refused).unwrap();
        assert_eq!(fs::read(&lock).unwrap(), MARK);
        let again = create(&mark, &lock, refused).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
    }
}
