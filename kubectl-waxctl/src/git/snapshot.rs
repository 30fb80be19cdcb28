//! A read-only view of one commit, or of the state before the first one.

use std::collections::BTreeMap;

use super::objects::Kind;
use super::{Entry, Error, ObjectId, Repository, tree};

/// The files of one commit.
#[derive(Debug)]
pub struct Snapshot<'r> {
    pub(super) repository: &'r Repository,
    pub(super) commit: Option<ObjectId>,
    pub(super) tree: Option<ObjectId>,
}

impl Snapshot<'_> {
    /// The commit; `None` before the first one.
    pub fn commit(&self) -> Option<&ObjectId> {
        self.commit.as_ref()
    }

    /// Every file under a folder by its path inside it; `None` when there is no such folder.
    pub fn files(&self, folder: &str) -> Result<Option<BTreeMap<String, Vec<u8>>>, Error> {
        let Some(entry) = self.entry(folder)?.filter(Entry::is_folder) else {
            return Ok(None);
        };
        let mut files = BTreeMap::new();
        self.collect(&entry.id, "", folder, &mut files)?;
        Ok(Some(files))
    }

    /// The names of the folders in a folder.
    pub fn folders(&self, folder: &str) -> Result<Vec<String>, Error> {
        let Some(entry) = self.entry(folder)?.filter(Entry::is_folder) else {
            return Ok(Vec::new());
        };
        let entries = tree::read(&self.repository.objects, &entry.id)?;
        let folders = entries.into_iter().filter(Entry::is_folder);
        Ok(folders
            .map(|entry| String::from_utf8_lossy(&entry.name).into_owned())
            .collect())
    }

    /// The content of one file.
    pub fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(entry) = self.entry(path)?.filter(Entry::is_file) else {
            return Ok(None);
        };
        self.repository
            .objects
            .read(Kind::Blob, &entry.id)
            .map(Some)
    }

    /// The last commit up to this one that carries `Waxctl-Dataflow: ENV/NAME` and touched the folder.
    pub fn last_of(&self, environment: &str, name: &str) -> Result<Option<Snapshot<'_>>, Error> {
        let Some(commit) = &self.commit else {
            return Ok(None);
        };
        let trailer = format!("--grep=^Waxctl-Dataflow: {environment}/{name}$");
        let folder = super::repository::flow_folder(environment, name);
        let log = [
            "log",
            "-1",
            "--format=%H",
            &trailer,
            commit.as_str(),
            "--",
            &folder,
        ];
        match self.repository.git.query(&log)? {
            Some(id) => self.repository.at(&ObjectId::parse(&id)?).map(Some),
            None => Ok(None),
        }
    }

    /// A view of another commit of the same repository.
    pub fn sibling(&self, reference: &str) -> Result<Option<Snapshot<'_>>, Error> {
        self.repository.snapshot(reference)
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
