//! Updates the user's working tree and index if their branch moves. Only the paths of the commit are touched.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::commit_view::CommitView;
use super::error::Error;
use super::journal::{Journal, MARK};
use super::object_id::ObjectId;
use super::process::is_missing;
use super::repository::Repository;

/// The paths of a commit in the working tree.
pub(super) struct Checkout<'r> {
    repository: &'r Repository,
    top: &'r Path,
    files: &'r BTreeMap<String, Option<ObjectId>>,
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

impl<'r> Checkout<'r> {
    /// Returns the working tree of a repository; `None` in a bare one.
    pub(super) fn of(
        repository: &'r Repository,
        files: &'r BTreeMap<String, Option<ObjectId>>,
    ) -> Option<Checkout<'r>> {
        Some(Checkout {
            repository,
            top: repository.worktree.as_deref()?,
            files,
        })
    }

    /// Refuses a path with changes of the user. Allowed are the committed content, the new content, and the content
    /// that an earlier waxctl wrote before it was killed.
    pub(super) fn refuse_if_dirty(
        &self,
        parent: &CommitView<'_>,
        earlier: &[ObjectId],
    ) -> Result<(), Error> {
        let staged = self.staged()?;
        let present = self.present()?;
        let earlier: Vec<CommitView<'_>> = earlier
            .iter()
            .filter_map(|commit| self.repository.at(commit).ok())
            .collect();
        let mut dirty = Vec::new();
        for (path, new) in self.files {
            let mut fine = BTreeSet::from([new.clone()]);
            for view in std::iter::once(parent).chain(&earlier) {
                fine.insert(view.entry(path)?.map(|entry| entry.id));
            }
            let index = staged
                .get(path)
                .map_or(Ok(None), |entry| entry.clone().map(Some));
            if !index.is_ok_and(|id| fine.contains(&id))
                || !fine.contains(&present.get(path).cloned())
            {
                dirty.push(path.clone());
            }
        }
        if dirty.is_empty() {
            Ok(())
        } else {
            Err(Error::Dirty(dirty))
        }
    }

    /// Writes the files, then the index. Each file and the index is replaced by one rename.
    pub(super) fn write(&self, journal: &mut Journal) -> Result<(), Error> {
        let lock = IndexLock::take(self.repository)?;
        for (path, blob) in self.files {
            self.write_file(path, blob.as_ref(), journal)?;
        }
        lock.replace_index(self.repository, self.files)
    }

    // Returns the index entry of each path; an error stands for an entry that is not plain: unmerged or sparse.
    fn staged(&self) -> Result<BTreeMap<String, Result<ObjectId, ()>>, Error> {
        let mut args: Vec<&OsStr> = ["ls-files", "-t", "-s", "-z", "--"]
            .map(OsStr::new)
            .to_vec();
        args.extend(self.files.keys().map(OsStr::new));
        let list = self.repository.git.bytes(&args, &[])?;
        let mut staged = BTreeMap::new();
        for line in String::from_utf8_lossy(&list).split_terminator('\0') {
            let Some((entry, path)) = line.split_once('\t') else {
                continue;
            };
            let words: Vec<&str> = entry.split(' ').collect();
            let id = match words[..] {
                ["H", _mode, id, "0"] => ObjectId::parse(id).map_err(drop),
                _ => Err(()),
            };
            staged.insert(path.to_owned(), id);
        }
        Ok(staged)
    }

    // Returns the blob that each file would become if the user added it now.
    fn present(&self) -> Result<BTreeMap<String, ObjectId>, Error> {
        let mut paths = Vec::new();
        for path in self.files.keys() {
            self.refuse_links(path)?;
            match self.top.join(path).symlink_metadata() {
                Ok(file) if file.is_file() => paths.push(path),
                Ok(_) => return Err(Error::Dirty(vec![path.clone()])),
                Err(error) if is_missing(&error) => {}
                Err(source) => return Err(self.file("read", path, source)),
            }
        }
        let input: String = paths.iter().map(|path| format!("{path}\n")).collect();
        let ids = self
            .repository
            .git
            .bytes(&["hash-object", "--stdin-paths"], input.as_bytes())?;
        let ids = String::from_utf8_lossy(&ids)
            .lines()
            .map(ObjectId::parse)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(paths.into_iter().cloned().zip(ids).collect())
    }

    // A symbolic link above the file would send the write outside the repository.
    fn refuse_links(&self, path: &str) -> Result<(), Error> {
        for (end, _) in path.match_indices('/') {
            let folder = &path[..end];
            match self.top.join(folder).symlink_metadata() {
                Ok(found) if found.is_dir() => {}
                Ok(found) => {
                    let what = if found.is_symlink() {
                        "a symbolic link"
                    } else {
                        "a file"
                    };
                    return Err(Error::InTheWay {
                        path: folder.to_owned(),
                        what,
                    });
                }
                Err(error) if is_missing(&error) => break,
                Err(source) => return Err(self.file("read", folder, source)),
            }
        }
        Ok(())
    }

    fn write_file(
        &self,
        path: &str,
        blob: Option<&ObjectId>,
        journal: &mut Journal,
    ) -> Result<(), Error> {
        let target = self.top.join(path);
        let Some(blob) = blob else {
            return match fs::remove_file(&target) {
                Err(source) if !is_missing(&source) => Err(self.file("remove", path, source)),
                _ => Ok(()),
            };
        };
        // As `git checkout` would write it, with the line ends that the attributes demand.
        let show = [
            "cat-file",
            "--filters",
            &format!("--path={path}"),
            blob.as_str(),
        ];
        let content = self.repository.git.bytes(&show, &[])?;
        if fs::read(&target).is_ok_and(|old| old == content) {
            return Ok(());
        }
        let name = target
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let temporary = target.with_file_name(format!(".{name}.waxctl"));
        journal.about_to_make(&temporary)?;
        let write = || -> io::Result<()> {
            fs::create_dir_all(target.parent().unwrap_or(self.top))?;
            fs::write(&temporary, &content)?;
            if let Ok(old) = target.metadata() {
                fs::set_permissions(&temporary, old.permissions())?;
            }
            fs::rename(&temporary, &target)
        };
        write().map_err(|source| self.file("write", path, source))
    }

    fn file(&self, doing: &'static str, path: &str, source: io::Error) -> Error {
        Error::File {
            doing,
            path: self.top.join(path),
            source,
        }
    }
}

// Git's own lock on the index. It is taken as a hard link to a file that contains `MARK`. So the lock never exists
// without its content, and a leftover is known to be waxctl's.
struct IndexLock {
    lock: PathBuf,
    mark: PathBuf,
    copy: PathBuf,
}

impl IndexLock {
    fn take(repository: &Repository) -> Result<IndexLock, Error> {
        let path = |name| repository.git_dir.join(name);
        let (lock, mark) = (path("index.lock"), path("waxctl.index-lock"));
        fs::write(&mark, MARK).map_err(|source| Error::File {
            doing: "write",
            path: mark.clone(),
            source,
        })?;
        match fs::hard_link(&mark, &lock) {
            Ok(()) => Ok(IndexLock {
                lock,
                mark,
                copy: path("waxctl.index"),
            }),
            Err(source) => {
                fs::remove_file(&mark).map_err(|source| Error::File {
                    doing: "remove",
                    path: mark,
                    source,
                })?;
                Err(match source.kind() {
                    ErrorKind::AlreadyExists => Error::Locked(lock),
                    _ => Error::File {
                        doing: "create",
                        path: lock,
                        source,
                    },
                })
            }
        }
    }

    fn replace_index(
        self,
        repository: &Repository,
        files: &BTreeMap<String, Option<ObjectId>>,
    ) -> Result<(), Error> {
        let index = repository.git_dir.join("index");
        let fail = |doing, path: &Path| {
            let path = path.to_path_buf();
            move |source| Error::File {
                doing,
                path,
                source,
            }
        };
        match fs::copy(&index, &self.copy) {
            Err(source) if !is_missing(&source) => return Err(fail("copy", &index)(source)),
            _ => {}
        }
        let mut lines = Vec::new();
        for (path, blob) in files {
            let (mode, id) = match blob {
                Some(id) => (self.mode(repository, path), id.to_string()),
                None => ("0", repository.no_object()),
            };
            lines.extend(format!("{mode} {id} 0\t{path}\0").into_bytes());
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
        let mut refresh: Vec<&OsStr> = ["add", "--refresh", "--"].map(OsStr::new).to_vec();
        refresh.extend(
            files
                .iter()
                .filter(|(_, blob)| blob.is_some())
                .map(|(path, _)| OsStr::new(path)),
        );
        if refresh.len() > 3 {
            git.feed(&refresh, &[], &environment)?.success("add")?;
        }
        fs::rename(&self.copy, &index).map_err(fail("replace", &index))
    }

    fn mode(&self, repository: &Repository, path: &str) -> &'static str {
        use std::os::unix::fs::PermissionsExt;
        let file = repository
            .worktree
            .as_ref()
            .and_then(|top| top.join(path).metadata().ok());
        if file.is_some_and(|file| file.permissions().mode() & 0o100 != 0) {
            "100755"
        } else {
            "100644"
        }
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        for path in [&self.copy, &self.lock, &self.mark] {
            if let Err(error) = fs::remove_file(path)
                && !is_missing(&error)
            {
                // The journal records the file, so the next run removes it.
            }
        }
    }
}
