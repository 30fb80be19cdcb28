//! One repository: where it is, what it can do, what its references say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Error, Git, ObjectId, Objects, Snapshot};

/// A repository that was found and opened.
#[derive(Debug)]
pub struct Repository {
    pub(super) git: Git,
    pub(super) objects: Objects,
    pub(super) git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    pub(super) worktree: Option<PathBuf>,
    pub(super) hooks: Option<PathBuf>,
    pub(super) scratch: bool,
    id_length: usize,
}

/// The folder under which every environment has one folder.
pub(super) const APPS: &str = "apps";

impl Repository {
    /// Finds the repository that holds `path` as git finds it: nested folders, linked worktrees, submodules, bare ones.
    pub fn discover(path: &Path) -> Result<Repository, Error> {
        if !path.is_dir() {
            return Err(Error::NoFolder(path.to_path_buf()));
        }
        let questions = [
            "rev-parse",
            "--path-format=absolute",
            "--git-dir",
            "--git-common-dir",
            "--git-path",
            "hooks",
            "--is-bare-repository",
            "--show-object-format",
            "--show-toplevel",
        ];
        // In a bare repository the last question fails, after the others were answered.
        let answer = Git::in_folder(path).ask(&questions)?;
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        let mut lines = text.lines();
        let (Some(git_dir), Some(common), Some(hooks), Some(bare), Some(format)) = (
            lines.next(),
            lines.next(),
            lines.next(),
            lines.next(),
            lines.next(),
        ) else {
            return Err(unopened(path, answer.stderr));
        };
        let worktree = lines.next().map(PathBuf::from);
        if worktree.is_none() && bare != "true" {
            return Err(Error::InsideGitDir(path.to_path_buf()));
        }
        let (git_dir, common_dir) = (PathBuf::from(git_dir), PathBuf::from(common));
        let git = Git::in_repository(&git_dir, worktree.as_deref());
        Ok(Repository {
            objects: Objects::open(&git_dir, &git)?,
            git,
            git_dir,
            common_dir,
            worktree,
            hooks: Some(PathBuf::from(hooks)),
            scratch: false,
            id_length: if format == "sha256" { 64 } else { 40 },
        })
    }

    /// A view of the commit that a name stands for; `None` when there is no such commit.
    pub fn snapshot(&self, reference: &str) -> Result<Option<Snapshot<'_>>, Error> {
        match self.resolve(reference)? {
            Some(commit) => self.at(&commit).map(Some),
            None => Ok(None),
        }
    }

    /// The files of one flow, by path inside its folder; `reference` is HEAD unless given.
    pub fn read_flow(
        &self,
        reference: Option<&str>,
        environment: &str,
        name: &str,
    ) -> Result<Option<BTreeMap<String, Vec<u8>>>, Error> {
        let reference = reference.unwrap_or("HEAD");
        let Some(snapshot) = self.snapshot(reference)? else {
            return if reference == "HEAD" {
                Ok(None)
            } else {
                Err(Error::NoSuchCommit(reference.into()))
            };
        };
        snapshot.files(&flow_folder(environment, name))
    }

    /// The environments that a commit knows: the folders under `apps/`.
    pub fn environments(&self, reference: &str) -> Result<Vec<String>, Error> {
        self.snapshot(reference)?
            .map_or_else(|| Ok(Vec::new()), |snapshot| snapshot.folders(APPS))
    }

    /// The top of the working tree; `None` in a bare repository.
    pub fn worktree(&self) -> Option<&Path> {
        self.worktree.as_deref()
    }

    /// The commit a name stands for.
    pub(super) fn resolve(&self, name: &str) -> Result<Option<ObjectId>, Error> {
        let peeled = format!("{name}^{{commit}}");
        let found = self.git.query(&[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &peeled,
        ])?;
        found.as_deref().map(ObjectId::parse).transpose()
    }

    /// A view of one commit.
    pub(super) fn at(&self, commit: &ObjectId) -> Result<Snapshot<'_>, Error> {
        let tree = self
            .git
            .text(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")])?;
        Ok(Snapshot {
            repository: self,
            commit: Some(commit.clone()),
            tree: Some(ObjectId::parse(&tree)?),
        })
    }

    /// The view before the first commit.
    pub(super) fn empty(&self) -> Snapshot<'_> {
        Snapshot {
            repository: self,
            commit: None,
            tree: None,
        }
    }

    /// A view of a commit, or of nothing.
    pub(super) fn view(&self, commit: Option<&ObjectId>) -> Result<Snapshot<'_>, Error> {
        commit.map_or_else(|| Ok(self.empty()), |commit| self.at(commit))
    }

    /// The name that git's reference updates take for "must not exist yet".
    pub(super) fn no_object(&self) -> String {
        "0".repeat(self.id_length)
    }

    /// Whether `old` is `new` or one of its ancestors.
    pub(super) fn is_ancestor(&self, old: &ObjectId, new: &ObjectId) -> Result<bool, Error> {
        let answer = self
            .git
            .ask(&["merge-base", "--is-ancestor", old.as_str(), new.as_str()])?;
        Ok(answer.code == Some(0))
    }
}

/// The folder of one flow in the repository.
pub fn flow_folder(environment: &str, name: &str) -> String {
    format!("{APPS}/{environment}/{name}")
}

// A repository that git refuses for its format or its owner is there all the same, which `rev-parse` does not say.
fn unopened(path: &Path, detail: String) -> Error {
    let from = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let holds_one = |folder: &&Path| {
        folder.join(".git").exists()
            || (folder.join("HEAD").is_file() && folder.join("objects").is_dir())
    };
    match from.ancestors().find(holds_one) {
        Some(repository) => Error::Unopened {
            path: repository.to_path_buf(),
            detail,
        },
        None => Error::NotARepository {
            path: path.to_path_buf(),
            detail,
        },
    }
}
