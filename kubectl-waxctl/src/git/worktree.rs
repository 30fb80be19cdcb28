//! Updates the user's working tree and index if their branch moves. Only the paths of the commit are touched.
//!
//! Order: the index is locked, then each file is compared with what git knows, then the hooks and the signature take their
//! time. Directly before a file is replaced, it must still have the content that was compared. No link is followed.

mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use nix::libc;

use super::commit_view::CommitView;
use super::error::Error;
use super::index_lock::{self, IndexLock, Staged};
use super::journal::Journal;
use super::object_id::ObjectId;
use super::process::is_missing;
use super::repository::Repository;
use super::tree::{EXECUTABLE, Files};

/// The paths of a commit in the working tree, compared with git and locked in the index.
pub(super) struct Checkout<'r> {
    repository: &'r Repository,
    top: &'r Path,
    files: &'r Files,
    lock: IndexLock,
    seen: BTreeMap<String, Option<Seen>>,
    staged: BTreeMap<String, Staged>,
}

/// Files that were written, and can be put back.
pub(super) struct Written<'c, 'r> {
    checkout: &'c Checkout<'r>,
    files: Vec<(String, Option<Vec<u8>>)>,
}

// A file on the disk when it was compared.
#[derive(Clone, PartialEq, Eq)]
struct Seen {
    content: Vec<u8>,
    mode: u32,
}

const NAME_LENGTH: usize = 12;

impl<'r> Checkout<'r> {
    /// Locks the index and refuses a path with changes of the user. Allowed are the committed content, the new content,
    /// the content that the new content was made from, and the content that an earlier waxctl wrote before it was killed.
    pub(super) fn take(
        repository: &'r Repository,
        top: &'r Path,
        files: &'r Files,
        read: &BTreeMap<String, Vec<u8>>,
        parent: &CommitView<'_>,
        earlier: &[ObjectId],
    ) -> Result<Checkout<'r>, Error> {
        let mut checkout = Checkout {
            repository,
            top,
            files,
            lock: IndexLock::take(repository)?,
            seen: BTreeMap::new(),
            staged: index_lock::staged(repository, files)?,
        };
        // Order: first looked at here, then read by git. So an edit in between is noticed.
        for path in files.keys() {
            checkout.seen.insert(path.clone(), checkout.look(path)?);
        }
        checkout.refuse_if_dirty(read, parent, earlier)?;
        Ok(checkout)
    }

    fn refuse_if_dirty(
        &self,
        read: &BTreeMap<String, Vec<u8>>,
        parent: &CommitView<'_>,
        earlier: &[ObjectId],
    ) -> Result<(), Error> {
        let present = self.present()?;
        let earlier: Vec<CommitView<'_>> = earlier
            .iter()
            .filter_map(|commit| self.repository.at(commit).ok())
            .collect();
        let mut dirty = Vec::new();
        for (path, new) in self.files {
            let mut fine = BTreeSet::from([new.as_ref().map(|blob| blob.id.clone())]);
            let seen = self.before(path);
            if seen.is_some_and(|seen| read.get(path) == Some(&seen.content)) {
                fine.insert(present.get(path).cloned());
            }
            for view in std::iter::once(parent).chain(&earlier) {
                fine.insert(view.entry(path)?.map(|entry| entry.id));
            }
            let staged = self.staged.get(path);
            let index = staged.map(|entry| entry.id.clone());
            if staged.is_some_and(|entry| entry.unmerged)
                || !fine.contains(&index)
                || !(fine.contains(&present.get(path).cloned())
                    || self.is_as_checked_out(path, staged)?)
            {
                dirty.push(path.clone());
            }
        }
        // Git lists what is staged in a folder that becomes a file.
        let below = self.staged.keys();
        dirty.extend(
            below
                .filter(|path| !self.files.contains_key(*path))
                .cloned(),
        );
        if dirty.is_empty() {
            Ok(())
        } else {
            Err(Error::Dirty(dirty))
        }
    }

    /// Writes the files, then the index. Each file and the index is replaced by one rename. An error leaves everything as
    /// it was.
    pub(super) fn write(&self, journal: &mut Journal) -> Result<Written<'_, 'r>, Error> {
        let written = self.write_files(journal)?;
        if let Err(error) = self
            .lock
            .replace_index(self.repository, self.files, &self.staged)
        {
            written.undo(journal);
            return Err(error);
        }
        Ok(written)
    }

    fn write_files(&self, journal: &mut Journal) -> Result<Written<'_, 'r>, Error> {
        let mut contents = Vec::new();
        for (path, blob) in self.files {
            let content = match blob {
                Some(blob) => Some(self.smudged(path, &blob.id)?),
                None => None,
            };
            contents.push((path, content));
        }
        // On a disk without upper and lower case, the old spelling of a name has to go first.
        contents.sort_by_key(|(_, content)| content.is_some());
        let mut written = Written {
            checkout: self,
            files: Vec::new(),
        };
        for (path, content) in contents {
            let before = self.before(path);
            let mode = before.map(|before| before.mode);
            match self.replace(path, before, content.as_deref(), mode, journal) {
                Ok(()) => written.files.push((path.clone(), content)),
                Err(error) => {
                    self.remove_empty_folders(&self.top.join(path));
                    written.undo_files(journal);
                    return Err(error);
                }
            }
        }
        Ok(written)
    }

    // Returns the blob that each file would become if the user added it now.
    fn present(&self) -> Result<BTreeMap<String, ObjectId>, Error> {
        let seen = self.seen.iter().filter(|(_, seen)| seen.is_some());
        let paths: Vec<&String> = seen.map(|(path, _)| path).collect();
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

    // Whether a file is as git checks out its entry of the index. One that was committed with CRLF is, although git would
    // now store it with other line ends.
    fn is_as_checked_out(&self, path: &str, staged: Option<&Staged>) -> Result<bool, Error> {
        match (self.before(path), staged) {
            (Some(seen), Some(staged)) => Ok(self.smudged(path, &staged.id)? == seen.content),
            _ => Ok(false),
        }
    }

    // Returns a file's content as it is now; `None` if there is no file.
    fn look(&self, path: &str) -> Result<Option<Seen>, Error> {
        self.refuse_links(path)?;
        let target = self.top.join(path);
        match target.symlink_metadata() {
            Ok(file) if !file.is_file() => return Err(Error::Dirty(vec![path.to_owned()])),
            Err(error) if is_missing(&error) => return Ok(None),
            Err(source) => return Err(self.file("read", path, source)),
            Ok(_) => {}
        }
        let read = || -> io::Result<Seen> {
            let mut file = OpenOptions::new()
                .read(true)
                .custom_flags(libc::O_NOFOLLOW)
                .open(&target)?;
            let mut content = Vec::new();
            file.read_to_end(&mut content)?;
            let mode = file.metadata()?.permissions().mode() & 0o7777;
            Ok(Seen { content, mode })
        };
        match read() {
            Ok(seen) => Ok(Some(seen)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(source) => Err(self.file("read", path, source)),
        }
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

    // Returns the content as `git checkout` would write it, with the line ends that the attributes demand.
    fn smudged(&self, path: &str, blob: &ObjectId) -> Result<Vec<u8>, Error> {
        let path = format!("--path={path}");
        let show = ["cat-file", "--filters", &path, blob.as_str()];
        self.repository.git.bytes(&show, &[])
    }

    // Replaces the content that was seen by another one. Race: a program that writes to the file in the moment between the
    // last look and the rename loses what it wrote; that moment cannot be shorter.
    fn replace(
        &self,
        path: &str,
        before: Option<&Seen>,
        content: Option<&[u8]>,
        mode: Option<u32>,
        journal: &mut Journal,
    ) -> Result<(), Error> {
        let target = self.top.join(path);
        let unchanged = || -> Result<(), Error> {
            if self.look(path)?.as_ref() == before {
                Ok(())
            } else {
                Err(Error::Dirty(vec![path.to_owned()]))
            }
        };
        let Some(content) = content else {
            unchanged()?;
            return match fs::remove_file(&target) {
                Err(source) if !is_missing(&source) => Err(self.file("remove", path, source)),
                _ => {
                    self.remove_empty_folders(&target);
                    Ok(())
                }
            };
        };
        if before.is_some_and(|before| before.content == content) {
            return unchanged();
        }
        let folder = target.parent().unwrap_or(self.top);
        let failed = |source: io::Error| self.file("write", path, source);
        fs::create_dir_all(folder).map_err(failed)?;
        self.refuse_links(path)?;
        let temporary = self
            .temporary(path, content, mode, journal)
            .map_err(failed)?;
        unchanged()?;
        let renamed = temporary.persist(&target);
        renamed.map_err(|error| failed(error.error))?;
        Ok(())
    }

    // Creates a file with a new name, so that no link is followed and no file of anyone is overwritten.
    fn temporary(
        &self,
        path: &str,
        content: &[u8],
        mode: Option<u32>,
        journal: &mut Journal,
    ) -> io::Result<tempfile::NamedTempFile<fs::File>> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let executable = self
            .files
            .get(path)
            .and_then(Option::as_ref)
            .is_some_and(|blob| blob.mode == EXECUTABLE);
        // The umask takes its part, as for every new file.
        let fresh = if executable { 0o777 } else { 0o666 };
        let mut temporary = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(".waxctl")
            .rand_bytes(NAME_LENGTH)
            .make_in(self.top.join(folder), |path| {
                journal.about_to_make(path).map_err(io::Error::other)?;
                OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(fresh)
                    .open(path)
            })?;
        temporary.write_all(content)?;
        if let Some(mode) = mode {
            // Some file systems have no modes, and refuse to set one.
            drop(
                temporary
                    .as_file()
                    .set_permissions(Permissions::from_mode(mode)),
            );
        }
        Ok(temporary)
    }

    // Replaces what was seen now by what was there before.
    fn put_back(&self, path: &str, now: Option<&Seen>, journal: &mut Journal) -> Result<(), Error> {
        let before = self.before(path);
        let content = before.map(|before| before.content.as_slice());
        let mode = before.map(|before| before.mode);
        self.replace(path, now, content, mode, journal)
    }

    // Returns the file that was there when the paths were compared.
    fn before(&self, path: &str) -> Option<&Seen> {
        self.seen.get(path).and_then(Option::as_ref)
    }

    fn remove_empty_folders(&self, file: &Path) {
        let folders = file.ancestors().skip(1);
        for folder in folders.take_while(|folder| *folder != self.top) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }

    fn file(&self, doing: &'static str, path: &str, source: io::Error) -> Error {
        Error::File {
            doing,
            path: self.top.join(path),
            source,
        }
    }
}

impl Written<'_, '_> {
    /// Puts the files and the index back, except files that somebody has changed since.
    pub(super) fn undo(&self, journal: &mut Journal) {
        self.undo_files(journal);
        let checkout = self.checkout;
        let entries = checkout.files.keys().map(|path| {
            let entry = checkout.staged.get(path);
            let entry = entry.map(|entry| (entry.mode.as_str(), &entry.id));
            (path.as_str(), entry)
        });
        if let Err(error) = checkout.lock.put_entries(checkout.repository, entries) {
            let note = format!("the index was not put back: {error}");
            journal.notes.push(note);
        }
    }

    fn undo_files(&self, journal: &mut Journal) {
        let checkout = self.checkout;
        for (path, ours) in self.files.iter().rev() {
            let undone = match checkout.look(path) {
                Ok(now) if now.as_ref().map(|now| &now.content) == ours.as_ref() => {
                    checkout.put_back(path, now.as_ref(), journal)
                }
                other => other.map(drop),
            };
            if let Err(error) = undone {
                let note = format!("{path} was not put back: {error}");
                journal.notes.push(note);
            }
        }
    }
}
