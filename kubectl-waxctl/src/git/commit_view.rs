//! A read-only view of one commit, or of a repository before its first commit.

use std::collections::BTreeMap;

use gitops::environment::APPS;

use super::error::Error;
use super::history::{Commit, History};
use super::lookup;
use super::object_id::ObjectId;
use super::objects::Kind;
use super::remote::Remote;
use super::repository::Repository;
use super::tree;
use super::tree::Entry;

/// The files of one commit.
#[derive(Debug)]
pub(crate) struct CommitView<'r> {
    pub(super) repository: &'r Repository,
    pub(super) commit: Option<ObjectId>,
    pub(super) tree: Option<ObjectId>,
}

impl Repository {
    /// Returns a view of the commit that `reference` names; `None` if there is no such commit.
    pub(crate) fn commit_view(&self, reference: &str) -> Result<Option<CommitView<'_>>, Error> {
        match self.resolve(reference)? {
            Some(commit) => self.at(&commit).map(Some),
            None => Ok(None),
        }
    }

    /// Returns a view of the commit that `reference` names; of a repository before its first commit, if it is HEAD.
    pub(crate) fn view_of(&self, reference: &str) -> Result<CommitView<'_>, Error> {
        match self.commit_view(reference)? {
            Some(view) => Ok(view),
            None if reference == "HEAD" => Ok(self.empty()),
            None => Err(Error::NoSuchCommit(reference.into())),
        }
    }

    /// Returns the environments of a commit: the folders under `apps/`.
    pub(crate) fn environments(&self, reference: &str) -> Result<Vec<String>, Error> {
        self.commit_view(reference)?
            .map_or_else(|| Ok(Vec::new()), |view| view.folders(APPS))
    }

    /// Returns a view of one commit.
    pub(crate) fn at(&self, commit: &ObjectId) -> Result<CommitView<'_>, Error> {
        let libgit2 = self.objects.libgit2();
        let tree = match libgit2.and_then(|libgit2| lookup::tree_of(libgit2, commit)) {
            Some(tree) => tree,
            None => {
                let tree = format!("{commit}^{{tree}}");
                ObjectId::parse(&self.git.text(&["rev-parse", "--verify", &tree])?)?
            }
        };
        Ok(CommitView {
            repository: self,
            commit: Some(commit.clone()),
            tree: Some(tree),
        })
    }

    /// Returns the view of a repository before its first commit.
    pub(super) fn empty(&self) -> CommitView<'_> {
        CommitView {
            repository: self,
            commit: None,
            tree: None,
        }
    }

    /// Returns the view of a commit, or the empty view.
    pub(super) fn view(&self, commit: Option<&ObjectId>) -> Result<CommitView<'_>, Error> {
        commit.map_or_else(|| Ok(self.empty()), |commit| self.at(commit))
    }
}

impl CommitView<'_> {
    /// Returns the commit; `None` before the first one.
    pub(crate) fn commit(&self) -> Option<&ObjectId> {
        self.commit.as_ref()
    }

    /// Reads all files under a folder, by path inside it; `None` if there is no such folder.
    pub(crate) fn files(&self, folder: &str) -> Result<Option<BTreeMap<String, Vec<u8>>>, Error> {
        let Some(entry) = self.entry(folder)?.filter(Entry::is_folder) else {
            return Ok(None);
        };
        let mut files = BTreeMap::new();
        self.collect(&entry.id, "", folder, &mut files)?;
        Ok(Some(files))
    }

    /// Returns the names of the folders in a folder.
    pub(crate) fn folders(&self, folder: &str) -> Result<Vec<String>, Error> {
        let Some(entry) = self.entry(folder)?.filter(Entry::is_folder) else {
            return Ok(Vec::new());
        };
        let entries = tree::read(&self.repository.objects, &entry.id)?;
        let folders = entries.into_iter().filter(Entry::is_folder);
        Ok(folders
            .map(|entry| String::from_utf8_lossy(&entry.name).into_owned())
            .collect())
    }

    /// Reads one file.
    pub(crate) fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(entry) = self.entry(path)?.filter(Entry::is_file) else {
            return Ok(None);
        };
        self.repository
            .objects
            .read(Kind::Blob, &entry.id)
            .map(Some)
    }

    /// Returns the identity of a folder with everything in it; `None` if there is no such folder.
    pub(crate) fn folder_id(&self, folder: &str) -> Result<Option<ObjectId>, Error> {
        let entry = self.entry(folder)?.filter(Entry::is_folder);
        Ok(entry.map(|entry| entry.id))
    }

    /// Returns the view of a commit of the same repository.
    pub(crate) fn at(&self, commit: &Commit) -> CommitView<'_> {
        CommitView {
            repository: self.repository,
            commit: Some(commit.id.clone()),
            tree: Some(commit.tree.clone()),
        }
    }

    /// Returns the history of the repository.
    pub(crate) fn history<'h>(&'h self, remote: Option<&'h Remote>) -> History<'h> {
        History::new(self.repository, remote)
    }

    /// Returns the repository.
    pub(crate) fn repository(&self) -> &Repository {
        self.repository
    }

    /// Returns a view of another commit of the same repository.
    pub(crate) fn sibling(&self, reference: &str) -> Result<Option<CommitView<'_>>, Error> {
        self.repository.commit_view(reference)
    }

    pub(super) fn entry(&self, path: &str) -> Result<Option<Entry>, Error> {
        self.tree.as_ref().map_or(Ok(None), |root| {
            tree::find(&self.repository.objects, root, path)
        })
    }

    fn collect(
        &self,
        id: &ObjectId,
        at: &str,
        folder: &str,
        files: &mut BTreeMap<String, Vec<u8>>,
    ) -> Result<(), Error> {
        for entry in tree::read(&self.repository.objects, id)? {
            let name = String::from_utf8(entry.name.clone()).map_err(|_| {
                Error::NotUtf8(format!(
                    "{folder}/{at}{}",
                    String::from_utf8_lossy(&entry.name)
                ))
            })?;
            let path = format!("{at}{name}");
            if entry.is_folder() {
                self.collect(&entry.id, &format!("{path}/"), folder, files)?;
            } else if entry.is_file() {
                files.insert(path, self.repository.objects.read(Kind::Blob, &entry.id)?);
            }
        }
        Ok(())
    }
}
