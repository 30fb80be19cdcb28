//! Reads the history of a flow: who rendered or edited it, and when.
//!
//! Only git's plumbing is used, and messages are judged here: `git log` depends on the user's settings. If the history
//! of a shallow clone ends before there is an answer, more of it is fetched.

mod commit;

use std::collections::BTreeSet;

use super::error::Error;
use super::object_id::ObjectId;
use super::remote::Remote;
use super::repository::Repository;
use super::tree::{self, Entry};
pub(crate) use commit::Commit;
use commit::{commits, person};

/// The history of a repository, with the remote that more of it can be fetched from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct History<'r> {
    repository: &'r Repository,
    remote: Option<&'r Remote>,
}

/// The numbers of commits by which a shallow clone is deepened, one after the other; then all are fetched.
const DEEPEN: [u32; 3] = [50, 500, 5000];
/// Commits of a clone without trees in which changes of a folder are searched.
const SEARCHED: usize = 50;
/// Levels of folders in a flow that are fetched at once.
const DEPTH: usize = 3;

impl<'r> History<'r> {
    /// Returns the history of a repository. Without `remote`, more is fetched from the default remote.
    pub(crate) fn new(repository: &'r Repository, remote: Option<&'r Remote>) -> Self {
        Self { repository, remote }
    }

    /// Reads one commit; `None` if this repository does not have it.
    pub(crate) fn commit(&self, id: &ObjectId) -> Result<Option<Commit>, Error> {
        let git = &self.repository.git;
        let answer = git.ask(&["cat-file", "commit", id.as_str()])?;
        if answer.code != Some(0) {
            return Ok(None);
        }
        Commit::parse(id, &answer.stdout).map(Some)
    }

    /// Reads one commit. Fetches more history if this one ends too early.
    pub(crate) fn older_commit(&self, id: &ObjectId) -> Result<Option<Commit>, Error> {
        self.with_more(|| self.commit(id))
    }

    /// Returns the commits up to `tip`, newest first and at most `limit`, whose message contains the text. Reads no
    /// trees, so that a clone without trees fetches nothing.
    pub(crate) fn mentioning(
        &self,
        text: &str,
        tip: &ObjectId,
        limit: usize,
    ) -> Result<Vec<Commit>, Error> {
        let (grep, count) = (format!("--grep={text}"), format!("--max-count={limit}"));
        self.listed(&[
            "--fixed-strings",
            "--encoding=UTF-8",
            &grep,
            &count,
            tip.as_str(),
            "--",
        ])
    }

    /// Returns the commits up to `tip` that are not reachable from `after`, newest first and at most `limit`, that
    /// changed the folder.
    pub(crate) fn changing(
        &self,
        folder: &str,
        after: Option<&ObjectId>,
        tip: &ObjectId,
        limit: usize,
    ) -> Result<Vec<Commit>, Error> {
        // A commit that was rebased is in no history any more.
        let after = match after {
            Some(after) if self.commit(after)?.is_some() => Some(after),
            _ => None,
        };
        let without = after.map(|after| format!("^{after}"));
        if !self.repository.lacks_trees() {
            let count = format!("--max-count={limit}");
            let mut args = vec![count.as_str(), tip.as_str()];
            args.extend(without.as_deref());
            args.extend(["--", folder]);
            return self.listed(&args);
        }
        // Git would fetch the trees of one commit after the other.
        let count = format!("--max-count={}", limit + SEARCHED);
        let mut args = vec![count.as_str(), tip.as_str()];
        args.extend(without.as_deref());
        let commits = self.listed(&args)?;
        self.prefetch(&commits, folder, false)?;
        let mut found = Vec::new();
        for (index, commit) in commits.iter().enumerate() {
            let folder_of = |commit: &Commit| {
                let entry = tree::find(&self.repository.objects, &commit.tree, folder)?;
                Ok::<_, Error>(entry.map(|entry| entry.id))
            };
            let before = match (&commit.parent, commits.get(index + 1)) {
                (None, _) => None,
                (Some(parent), Some(next)) if next.id == *parent => folder_of(next)?,
                (Some(parent), _) => match self.commit(parent)? {
                    Some(parent) => folder_of(&parent)?,
                    None => break,
                },
            };
            if folder_of(commit)? != before && found.len() < limit {
                found.push(commit.clone());
            }
        }
        Ok(found)
    }

    /// Fetches a folder of several commits at once into a clone that lacks objects: git itself would fetch one object
    /// after the other. With `whole` its files, too.
    pub(crate) fn prefetch(
        &self,
        commits: &[Commit],
        folder: &str,
        whole: bool,
    ) -> Result<(), Error> {
        if commits.len() < 2 || !self.repository.is_partial() {
            return Ok(());
        }
        let mut ids: Vec<ObjectId> = commits.iter().map(|commit| commit.tree.clone()).collect();
        for part in folder.split('/') {
            self.fetch_objects(&ids)?;
            ids = self.entries(&ids, |entry| entry.name == part.as_bytes())?;
        }
        for _ in 0..if whole { DEPTH } else { 0 } {
            self.fetch_objects(&ids)?;
            let files = self.entries(&ids, |entry| !entry.is_folder())?;
            self.fetch_objects(&files)?;
            ids = self.entries(&ids, Entry::is_folder)?;
        }
        Ok(())
    }

    fn entries(
        &self,
        trees: &[ObjectId],
        wanted: impl Fn(&Entry) -> bool,
    ) -> Result<Vec<ObjectId>, Error> {
        let mut ids = BTreeSet::new();
        for tree in trees {
            let entries = tree::read(&self.repository.objects, tree)?.into_iter();
            ids.extend(entries.filter(&wanted).map(|entry| entry.id));
        }
        Ok(ids.into_iter().collect())
    }

    // As git fetches what is missing. If this fails, git fetches each object when it is read.
    fn fetch_objects(&self, ids: &[ObjectId]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let name = match self.remote {
            Some(remote) => remote.name.clone(),
            None => self.repository.default_remote()?.to_owned(),
        };
        let fetch = [
            "-c",
            "fetch.negotiationAlgorithm=noop",
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-auto-maintenance",
            "--filter=tree:0",
            "--stdin",
            &name,
        ];
        let list: String = ids.iter().map(|id| format!("{id}\n")).collect();
        self.repository.git.feed(&fetch, list.as_bytes(), &[])?;
        Ok(())
    }

    fn listed(&self, args: &[&str]) -> Result<Vec<Commit>, Error> {
        let git = &self.repository.git;
        let list = git.text(&[&["rev-list"][..], args].concat())?;
        if list.is_empty() {
            return Ok(Vec::new());
        }
        let batch = git.bytes(&["cat-file", "--batch"], format!("{list}\n").as_bytes())?;
        commits(&batch)
    }

    /// Whether `old` is `new` or one of its ancestors. Fetches more history if this one ends too early.
    pub(crate) fn contains(&self, old: &ObjectId, new: &ObjectId) -> Result<bool, Error> {
        if old == new {
            return Ok(true);
        }
        self.with_more(|| {
            let found = self.repository.is_ancestor(old, new)?;
            Ok(found.then_some(()))
        })
        .map(|found| found.is_some())
    }

    /// Returns the newest commit that both have. Fetches more history if this one ends too early.
    pub(crate) fn common(&self, one: &ObjectId, two: &ObjectId) -> Result<Option<ObjectId>, Error> {
        self.with_more(|| {
            let git = &self.repository.git;
            let found = git.query(&["merge-base", one.as_str(), two.as_str()])?;
            Ok(found.as_deref().map(ObjectId::parse).transpose()?)
        })
    }

    /// Repeats a search while more of a shallow history can be fetched.
    ///
    /// # Errors
    /// More history is needed and cannot be fetched.
    pub(crate) fn with_more<T, E: From<Error>>(
        &self,
        mut search: impl FnMut() -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        for by in DEEPEN.map(Some).into_iter().chain([None]) {
            let found = search()?;
            if found.is_some() || !self.repository.is_shallow() {
                return Ok(found);
            }
            self.deepen(by)?;
        }
        let found = search()?;
        if found.is_none() && self.repository.is_shallow() {
            return Err(E::from(Error::TooShallow {
                detail: "the remote is itself a shallow clone".into(),
            }));
        }
        Ok(found)
    }

    /// Repeats a search once with a little more of a shallow history, if that can be fetched.
    pub(crate) fn with_a_little_more<T>(
        &self,
        mut search: impl FnMut() -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        let found = search()?;
        if found.is_some() || !self.repository.is_shallow() || self.deepen(Some(DEEPEN[0])).is_err()
        {
            return Ok(found);
        }
        search()
    }

    /// Fetches older commits, all without a number.
    fn deepen(&self, by: Option<u32>) -> Result<(), Error> {
        let by = by.map_or("--unshallow".to_owned(), |by| format!("--deepen={by}"));
        let (name, reference) = match self.remote {
            Some(remote) => (remote.source.clone(), remote.reference.clone()),
            None => (
                self.repository.default_remote()?.to_owned(),
                "HEAD".to_owned(),
            ),
        };
        let mut args = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-auto-maintenance",
            "--update-shallow",
            &by,
        ];
        if self.repository.scratch {
            args.push("--filter=tree:0");
        }
        let mut detail = String::new();
        // A branch that the remote does not have yet starts from its default branch.
        for reference in [reference.as_str(), "HEAD"] {
            let fetch = [&args[..], &[name.as_str(), reference]].concat();
            let answer = self.repository.git.ask(&fetch)?;
            if answer.code == Some(0) {
                return Ok(());
            }
            detail = answer.stderr;
        }
        Err(Error::TooShallow { detail })
    }
}

impl Repository {
    /// Whether the clone fetches objects when they are needed.
    fn is_partial(&self) -> bool {
        self.scratch || self.config.has("remote.", ".promisor")
    }

    /// Whether the clone fetches even trees when they are needed.
    pub(crate) fn lacks_trees(&self) -> bool {
        let mut filters = self.config.values("remote.", ".partialclonefilter");
        self.scratch || filters.any(|filter| filter.contains("tree:"))
    }

    /// Whether this is the cache of a remote repository, without a clone of the user.
    pub(crate) fn is_cache(&self) -> bool {
        self.scratch
    }

    /// Whether the history of this clone is cut off.
    pub(crate) fn is_shallow(&self) -> bool {
        let file = self.common_dir.join("shallow").metadata();
        file.is_ok_and(|file| file.len() > 0)
    }

    /// Returns the email address by which the user's commits are known; `None` if git knows none.
    pub(crate) fn own_email(&self) -> Result<Option<String>, Error> {
        let ident = self.git.query(&["var", "GIT_AUTHOR_IDENT"])?;
        Ok(ident.as_deref().and_then(person).map(|(_, email, _)| email))
    }

    /// Returns the commit that is checked out.
    pub(crate) fn head(&self) -> Result<Option<ObjectId>, Error> {
        self.resolve("HEAD")
    }
}
