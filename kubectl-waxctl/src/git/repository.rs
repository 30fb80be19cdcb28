//! Finds and opens a repository, and resolves its references.
//!
//! A repository that was named is that one, whatever the environment says. In the current folder the variables of git
//! have git's own meaning, unless that is another repository than the one that the user stands in.

use std::cell::OnceCell;
use std::env;
use std::path::{Path, PathBuf};

use super::config::Config;
use super::error::Error;
use super::lookup::{self, Lookup};
use super::object_id::ObjectId;
use super::objects::Objects;
use super::place::{self, Place};
use super::process::Git;
use super::programs;

/// A repository that was found and opened.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(super) git: Git,
    pub(super) config: Config,
    pub(super) objects: Objects,
    pub(super) git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    pub(super) worktree: Option<PathBuf>,
    pub(super) hooks: Option<PathBuf>,
    pub(super) scratch: bool,
    /// Whether the hooks that check a commit and a push run.
    pub(super) verify: bool,
    id_length: usize,
    head: OnceCell<Option<String>>,
    default_remote: OnceCell<String>,
}

impl Repository {
    /// Finds the repository of a named folder, else that of the current folder.
    pub(crate) fn find(named: Option<&Path>) -> Result<Repository, Error> {
        named.map_or_else(Repository::here, Repository::discover)
    }

    /// Finds the repository of a named folder as git does: from nested folders, linked worktrees, submodules and bare
    /// repositories. The variables of git that name another repository do not count.
    pub(crate) fn discover(path: &Path) -> Result<Repository, Error> {
        if !path.is_dir() {
            return Err(Error::NoFolder(path.to_path_buf()));
        }
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let git = Git::in_named_folder(&path);
        match Place::named(&git, &path) {
            // With `safe.bareRepository=explicit` a bare repository has to be named, and it was.
            Err(_) if place::is_own_bare(&path) => Repository::bare(&path),
            place => Repository::open(git, place?),
        }
    }

    /// Finds the repository that a folder is a part of. Nobody has named that repository, so none of the programs that
    /// its settings name is run.
    pub(super) fn of_files(folder: &Path) -> Result<Repository, Error> {
        let git = Git::in_named_folder(folder);
        let place = Place::of_files(&git, folder)?;
        let mut repository = Repository::open(git, place)?;
        repository.git = programs::without_programs(repository.git)?;
        Ok(repository)
    }

    /// Opens a bare repository at exactly this path.
    pub(super) fn bare(path: &Path) -> Result<Repository, Error> {
        let git = Git::in_named_folder(path).bound(path);
        let place = Place::of(&git, path)?;
        Repository::open(git, place)
    }

    // Finds the repository of the current folder. The variables of git count.
    fn here() -> Result<Repository, Error> {
        let cwd = env::current_dir().map_err(Error::NoCurrentFolder)?;
        let mut git = Git::in_folder(&cwd);
        let place = Place::around(&git, &cwd)?;
        if git.variable("GIT_DIR").is_some() {
            place.refuse_surprise(&git, &cwd)?;
        }
        // Git is going to run in another folder.
        for name in ["GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
            if let Some(value) = git.variable(name) {
                git = git.with_variable(name, cwd.join(value));
            }
        }
        Repository::open(git, place)
    }

    fn open(git: Git, place: Place) -> Result<Repository, Error> {
        let git = place.bind(git);
        let config = Config::read(&git)?;
        let git = config.hide_credentials(git);
        Ok(Repository {
            objects: Objects::open(&place.git_dir, &git, &config),
            git,
            config,
            git_dir: place.git_dir,
            common_dir: place.common_dir,
            worktree: place.worktree,
            hooks: Some(place.hooks),
            scratch: false,
            verify: true,
            id_length: if place.sha256 { 64 } else { 40 },
            head: OnceCell::new(),
            default_remote: OnceCell::new(),
        })
    }

    /// Leaves out the hooks that `git commit --no-verify` and `git push --no-verify` leave out.
    pub(crate) fn skip_verification(&mut self) {
        self.verify = false;
    }

    /// Returns the top folder of the working tree; `None` in a bare repository.
    pub(crate) fn worktree(&self) -> Option<&Path> {
        self.worktree.as_deref()
    }

    /// Resolves a name to a commit.
    pub(super) fn resolve(&self, name: &str) -> Result<Option<ObjectId>, Error> {
        let libgit2 = self.objects.libgit2();
        let peeled = format!("{name}^{{commit}}");
        match libgit2.map(|libgit2| lookup::commit(libgit2, name)) {
            Some(Lookup::Found(commit)) => return Ok(Some(commit)),
            Some(Lookup::Absent) => return Ok(None),
            // A commit without the history of a broken branch would take everything back.
            Some(Lookup::Broken) => {
                let found = self.git.text(&["rev-parse", "--verify", &peeled])?;
                return Ok(Some(ObjectId::parse(&found)?));
            }
            Some(Lookup::AskGit) | None => {}
        }
        let found = self.git.query(&[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &peeled,
        ])?;
        Ok(found.as_deref().map(ObjectId::parse).transpose()?)
    }

    /// Returns the full name of the branch that was checked out when it was first asked for; `None` if HEAD is detached.
    pub(super) fn head_branch(&self) -> Result<Option<&str>, Error> {
        if self.head.get().is_none() {
            let branch = self.head_branch_now()?;
            self.head.get_or_init(|| branch);
        }
        Ok(self.head.get().and_then(Option::as_deref))
    }

    /// Returns the full name of the branch that is checked out now; `None` if HEAD is detached.
    pub(super) fn head_branch_now(&self) -> Result<Option<String>, Error> {
        self.symbolic("HEAD")
    }

    /// Returns the full name of the branch to which a symbolic reference leads; `None` if it is no symbolic reference.
    pub(super) fn symbolic(&self, name: &str) -> Result<Option<String>, Error> {
        let libgit2 = self.objects.libgit2();
        match libgit2.map(|libgit2| lookup::symbolic(libgit2, name)) {
            Some(Lookup::Found(branch)) => Ok(Some(branch)),
            Some(Lookup::Absent) => Ok(None),
            Some(Lookup::Broken | Lookup::AskGit) | None => {
                self.git.query(&["symbolic-ref", "--quiet", name])
            }
        }
    }

    /// Returns the upstream remote of the checked-out branch, else the only remote, else `origin`.
    pub(super) fn default_remote(&self) -> Result<&str, Error> {
        if self.default_remote.get().is_none() {
            let upstream = match self.head_branch()? {
                Some(head) if self.has_upstream(head) => {
                    let format = "--format=%(upstream:remotename)";
                    self.git.query(&["for-each-ref", format, head])?
                }
                _ => None,
            };
            self.default_remote.get_or_init(|| {
                let upstream = upstream.filter(|name| name != ".");
                upstream.unwrap_or_else(|| self.config.default_remote().to_owned())
            });
        }
        Ok(self.default_remote.get().map_or("origin", String::as_str))
    }

    // Whether the configuration names an upstream of the branch. Git knows whether it is a good one.
    fn has_upstream(&self, reference: &str) -> bool {
        let branch = reference.strip_prefix("refs/heads/").unwrap_or(reference);
        let merge = format!("branch.{branch}.merge");
        self.config.get(&merge).is_some()
    }

    /// Returns the object name of zeros, by which `git update-ref` means "must not exist yet".
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
