//! The commit that a source was read at, if the source is in a git repository, and its relation to the commit that an
//! earlier render was made from.

use std::path::{Path, PathBuf};

use gitops::trailer::SourceCommit;

use super::error::Error;
use super::history::History;
use super::object_id::ObjectId;
use super::place;
use super::repository::Repository;

/// A source in a git repository.
#[derive(Debug)]
pub(crate) struct SourceRepository {
    repository: Repository,
    head: ObjectId,
    path: PathBuf,
    /// The place of the source.
    pub(crate) commit: SourceCommit,
}

/// Versions of a source that are compared with the flow in git.
const VERSIONS: usize = 50;

/// The relation of an earlier render's source to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// This source contains everything that the earlier render was made from.
    Contained,
    /// The earlier render was made from a commit that this source's commit is an ancestor of.
    Newer,
    /// Neither, or it cannot be known.
    Unknown,
}

impl SourceRepository {
    /// Finds the repository of a source; `None` if git does not track the source.
    pub(crate) fn find(path: &Path) -> Result<Option<SourceRepository>, Error> {
        let Ok(path) = path.canonicalize() else {
            return Ok(None);
        };
        let folder = if path.is_dir() {
            path.as_path()
        } else {
            path.parent().unwrap_or(&path)
        };
        if !place::may_hold(folder) {
            return Ok(None);
        }
        let Ok(repository) = Repository::of_files(folder) else {
            return Ok(None);
        };
        let top = repository
            .worktree()
            .and_then(|top| top.canonicalize().ok());
        let Some(place) = top.and_then(|top| Some(path.strip_prefix(top).ok()?.to_owned())) else {
            return Ok(None);
        };
        let (Some(place), Some(head)) = (place.to_str(), repository.head()?) else {
            return Ok(None);
        };
        let tracked = format!("{head}:{place}");
        let git = &repository.git;
        if git
            .query(&["rev-parse", "--verify", "--quiet", &tracked])?
            .is_none()
        {
            return Ok(None);
        }
        let place = if place.is_empty() { "." } else { place };
        let status = [
            "--no-optional-locks",
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=normal",
            "--ignore-submodules=none",
            "--",
            place,
        ];
        let dirty = !git.bytes(&status, &[])?.is_empty();
        let commit = SourceCommit {
            commit: head.to_string(),
            dirty,
            path: place.to_owned(),
        };
        Ok(Some(SourceRepository {
            repository,
            head,
            path,
            commit,
        }))
    }

    /// Compares the source of an earlier render with this one. Fetches more history if this clone has too little.
    pub(crate) fn relation(&self, earlier: &SourceCommit) -> Result<Relation, Error> {
        let Ok(other) = ObjectId::parse(&earlier.commit) else {
            return Ok(Relation::Unknown);
        };
        if earlier.path != self.commit.path {
            return Ok(Relation::Unknown);
        }
        let relation = match self.order(&other)? {
            Some(relation) => relation,
            // A checkout of an older commit does not have the newer one.
            None if self.repository.fetch_commit(&other)? => {
                self.order(&other)?.unwrap_or(Relation::Unknown)
            }
            None => Relation::Unknown,
        };
        // What was not committed is in no other clone.
        Ok(match relation {
            Relation::Contained if earlier.dirty => Relation::Unknown,
            relation => relation,
        })
    }

    /// Whether this source contains the commit of an earlier one.
    pub(crate) fn contains(&self, earlier: &SourceCommit) -> Result<bool, Error> {
        let clean = SourceCommit {
            dirty: false,
            ..earlier.clone()
        };
        Ok(self.relation(&clean)? == Relation::Contained)
    }

    /// Whether one of the newest versions of the source had exactly these files, named by their paths in the source.
    pub(crate) fn has_been(&self, files: &[(String, &[u8])]) -> Result<bool, Error> {
        let git = &self.repository.git;
        let top = self.commit.path.trim_end_matches('/');
        let is_folder = self.path.is_dir();
        if files.is_empty() || (files.len() > 1 && !is_folder) {
            return Ok(false);
        }
        let mut wanted = Vec::new();
        for (path, bytes) in files {
            let id = git.bytes(&["hash-object", "--stdin"], bytes)?;
            let place = match (is_folder, top) {
                (false, _) => top.to_owned(),
                (true, ".") => path.clone(),
                (true, _) => format!("{top}/{path}"),
            };
            wanted.push((place, String::from_utf8_lossy(&id).trim().to_owned()));
        }
        let (count, head) = (format!("--max-count={VERSIONS}"), self.head.as_str());
        let commits = git.text(&["rev-list", &count, head, "--", top])?;
        let names = commits.lines().flat_map(|commit| {
            let names = wanted.iter();
            names.map(move |(place, _)| format!("{commit}:{place}\n"))
        });
        let names: String = names.collect();
        let check = ["cat-file", "--batch-check=%(objectname)"];
        let found = git.bytes(&check, names.as_bytes())?;
        let found = String::from_utf8_lossy(&found).into_owned();
        let found: Vec<&str> = found.lines().collect();
        let same = |version: &[&str]| {
            version
                .iter()
                .copied()
                .eq(wanted.iter().map(|(_, id)| id.as_str()))
        };
        Ok(found.chunks(wanted.len()).any(same))
    }

    fn order(&self, other: &ObjectId) -> Result<Option<Relation>, Error> {
        let history = History::new(&self.repository, None);
        let found = history.with_more(|| {
            Ok(if self.repository.is_ancestor(other, &self.head)? {
                Some(Relation::Contained)
            } else if self.repository.is_ancestor(&self.head, other)? {
                Some(Relation::Newer)
            } else {
                None
            })
        });
        match found {
            // The content still tells what a commit would take back.
            Err(Error::TooShallow { .. }) => Ok(None),
            found => found,
        }
    }
}

impl Repository {
    /// Fetches one commit with its history from the default remote, unless it is here. Returns false if that fails.
    fn fetch_commit(&self, commit: &ObjectId) -> Result<bool, Error> {
        let exists = format!("{commit}^{{commit}}");
        if self.git.ask(&["cat-file", "-e", &exists])?.code == Some(0) {
            return Ok(false);
        }
        let remote = self.default_remote()?;
        let fetch = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-auto-maintenance",
            remote,
            commit.as_str(),
        ];
        Ok(self.git.ask(&fetch)?.code == Some(0))
    }
}
