//! Finds and opens a repository, and resolves its references.
//!
//! A repository that was named is that one, whatever the environment says. In the current folder the variables of git
//! have git's own meaning, unless that is another repository than the one that the user stands in.

use std::cell::OnceCell;
use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::config::Config;
use super::error::Error;
use super::object_id::ObjectId;
use super::objects::Objects;
use super::process::{Answer, Git};

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

// The answer of git about a folder.
struct Place {
    git_dir: PathBuf,
    common_dir: PathBuf,
    hooks: PathBuf,
    worktree: Option<PathBuf>,
    sha256: bool,
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
        match Place::of(&git, &path) {
            // With `safe.bareRepository=explicit` a bare repository has to be named, and it was.
            Err(Error::Unopened { .. }) if is_bare(&path) => Repository::bare(&path),
            place => Repository::open(git, place?),
        }
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
        let place = Place::of(&git, &cwd)?;
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
        let peeled = format!("{name}^{{commit}}");
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
            let branch = self.git.query(&["symbolic-ref", "--quiet", "HEAD"])?;
            self.head.get_or_init(|| branch);
        }
        Ok(self.head.get().and_then(Option::as_deref))
    }

    /// Returns the upstream remote of the checked-out branch, else the only remote, else `origin`.
    pub(super) fn default_remote(&self) -> Result<&str, Error> {
        if self.default_remote.get().is_none() {
            let upstream = match self.head_branch()? {
                Some(head) => {
                    let format = "--format=%(upstream:remotename)";
                    self.git.query(&["for-each-ref", format, head])?
                }
                None => None,
            };
            self.default_remote.get_or_init(|| {
                let upstream = upstream.filter(|name| name != ".");
                upstream.unwrap_or_else(|| self.config.default_remote().to_owned())
            });
        }
        Ok(self.default_remote.get().map_or("origin", String::as_str))
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

impl Place {
    // Asks git. A path can contain a line end, so a word that git prints for every repository separates the paths.
    fn of(git: &Git, path: &Path) -> Result<Place, Error> {
        const SEPARATOR: &str = "--is-bare-repository";
        let questions = [
            "rev-parse",
            "--path-format=absolute",
            SEPARATOR,
            "--git-dir",
            SEPARATOR,
            "--git-common-dir",
            SEPARATOR,
            "--git-path",
            "hooks",
            SEPARATOR,
            "--show-object-format",
            "--show-toplevel",
        ];
        // In a bare repository the last option fails after git has printed the results of the others.
        let answer = git.ask(&questions)?;
        let Some((bare, place)) = Place::parse(&answer) else {
            return Err(unopened(path, answer.stderr));
        };
        if place.worktree.is_none() && !bare {
            return Err(Error::InsideGitDir(path.to_path_buf()));
        }
        Ok(place)
    }

    fn parse(answer: &Answer) -> Option<(bool, Place)> {
        let end = answer.stdout.iter().position(|byte| *byte == b'\n')?;
        let (bare, mut rest) = answer.stdout.split_at(end);
        let separator = [b"\n", bare, b"\n"].concat();
        let mut next = || {
            let text = rest.get(1..)?;
            let at = text.windows(separator.len()).position(|w| w == separator)?;
            rest = &text[at + separator.len() - 1..];
            Some(as_path(&text[..at]))
        };
        let (git_dir, common_dir, hooks) = (next()?, next()?, next()?);
        let tail = rest.get(1..)?;
        let end = tail.iter().position(|byte| *byte == b'\n')?;
        let worktree = tail[end + 1..].strip_suffix(b"\n").map(as_path);
        let place = Place {
            git_dir,
            common_dir,
            hooks,
            worktree,
            sha256: &tail[..end] == b"sha256",
        };
        Some((bare == b"true", place))
    }

    // Binds git to the place. Without help git finds it from the top folder, and hooks see what plain git gives them.
    fn bind(&self, git: Git) -> Git {
        let Some(top) = &self.worktree else {
            return git.at(&self.git_dir).bound(&self.git_dir);
        };
        let asked = git.variable("GIT_DIR").is_some() || git.variable("GIT_WORK_TREE").is_some();
        if !asked && leads_to(top, &self.git_dir) {
            return git.at(top);
        }
        let git = match git.variable("GIT_COMMON_DIR") {
            Some(_) => git.with_variable("GIT_COMMON_DIR", &self.common_dir),
            None => git,
        };
        git.at(top)
            .with_variable("GIT_DIR", &self.git_dir)
            .with_variable("GIT_WORK_TREE", top)
    }

    // GIT_DIR may come from a hook or from `git rebase --exec` of another repository. Without GIT_WORK_TREE git takes the
    // current folder for that repository's working tree.
    fn refuse_surprise(&self, git: &Git, cwd: &Path) -> Result<(), Error> {
        let natural = Place::of(&Git::in_named_folder(cwd), cwd).ok();
        let fine = match (&natural, &self.worktree) {
            (Some(natural), _) if same(&natural.git_dir, &self.git_dir) => true,
            (_, Some(top)) => {
                let top = top.canonicalize().unwrap_or_else(|_| top.clone());
                git.variable("GIT_WORK_TREE").is_some() && cwd.starts_with(top)
            }
            (natural, None) => natural.is_none(),
        };
        if fine {
            return Ok(());
        }
        Err(Error::OtherRepository {
            git_dir: self.git_dir.clone(),
            folder: cwd.to_path_buf(),
        })
    }
}

/// Returns a path that git printed.
pub(super) fn as_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

// Whether git finds this repository from this folder.
fn leads_to(top: &Path, git_dir: &Path) -> bool {
    let entry = top.join(".git");
    if entry.is_dir() {
        return same(&entry, git_dir);
    }
    let link = std::fs::read(&entry).unwrap_or_default();
    let target = link.strip_prefix(b"gitdir: ");
    target.is_some_and(|target| {
        let target = as_path(target.strip_suffix(b"\n").unwrap_or(target));
        same(&top.join(target), git_dir)
    })
}

fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

// Whether a folder is itself a bare repository, of this user: git checks no owner of a repository that is named to it.
fn is_bare(path: &Path) -> bool {
    path.join("HEAD").is_file()
        && path.join("objects").is_dir()
        && path
            .metadata()
            .is_ok_and(|folder| folder.uid() == nix::unistd::geteuid().as_raw())
}

/// Whether git could find a repository from this folder, which must be a path without links. Starts no process.
pub(super) fn may_be_in_one(folder: &Path) -> bool {
    // HEAD can be a link to a branch that does not exist yet.
    let holds_one = |folder: &Path| {
        folder.join(".git").symlink_metadata().is_ok()
            || folder.join("HEAD").symlink_metadata().is_ok()
    };
    folder.ancestors().any(holds_one)
}

fn holds_one(folder: &Path) -> bool {
    folder.join(".git").exists()
        || (folder.join("HEAD").is_file() && folder.join("objects").is_dir())
}

// `rev-parse` does not distinguish a missing repository from one that git refuses for its format or its owner.
fn unopened(path: &Path, detail: String) -> Error {
    let from = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    match from.ancestors().find(|folder| holds_one(folder)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_line_ends_are_parsed() {
        let stdout =
            "false\n/a\nb/.git\nfalse\n/a\nb/.git\nfalse\n/a\nb/.git/hooks\nfalse\nsha1\n/a\nb\n";
        let answer = Answer {
            code: Some(0),
            stdout: stdout.into(),
            stderr: String::new(),
        };
        let (bare, place) = Place::parse(&answer).unwrap();
        assert!(!bare && !place.sha256);
        assert_eq!(place.git_dir, Path::new("/a\nb/.git"));
        assert_eq!(place.hooks, Path::new("/a\nb/.git/hooks"));
        assert_eq!(place.worktree.as_deref(), Some(Path::new("/a\nb")));
    }
}
