//! Finds the repository of a folder, and binds git to it.
//!
//! Git takes every folder that looks like a bare repository for one, and does what its settings say: they name programs.
//! Such a folder can come with the files of any clone. So it counts only if somebody names it, or if it is not among the
//! files of another repository. Until that is known, git is only asked where it would look, which runs no program.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::process::{Answer, Git};

/// The answer of git about a folder.
pub(super) struct Place {
    pub(super) git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    pub(super) hooks: PathBuf,
    pub(super) worktree: Option<PathBuf>,
    pub(super) sha256: bool,
}

const NO_BARE: [&str; 2] = ["-c", "safe.bareRepository=explicit"];

impl Place {
    /// Finds the repository of the folder that the user works in.
    pub(super) fn around(git: &Git, folder: &Path) -> Result<Place, Error> {
        if git.variable("GIT_DIR").is_some() {
            return Place::of(git, folder);
        }
        let found = Place::of_files(git, folder);
        let Err(Error::Unopened { path: bare, .. }) = &found else {
            return found;
        };
        if !looks_bare(bare) {
            return found;
        }
        if let Some(checkout) = checkout_around(bare) {
            return Err(Error::BareAmongFiles {
                bare: bare.clone(),
                checkout,
            });
        }
        match Place::of(git, folder)? {
            place if place.worktree.is_none() => Ok(place),
            _ => found,
        }
    }

    /// Finds the repository of a folder that was named, which may itself be a bare one.
    pub(super) fn named(git: &Git, folder: &Path) -> Result<Place, Error> {
        if looks_bare(folder)
            && let Ok(place) = Place::of(git, folder)
            && same(&place.git_dir, folder)
        {
            return Ok(place);
        }
        Place::around(git, folder)
    }

    /// Finds the repository that a folder is a part of, never a bare one.
    pub(super) fn of_files(git: &Git, folder: &Path) -> Result<Place, Error> {
        let place = Place::ask(git, &NO_BARE, folder)?;
        // Git does not know the setting before 2.38.
        if place.contains(folder) && git.variable("GIT_DIR").is_none() {
            return Err(Error::Unopened {
                path: place.git_dir,
                detail: "it looks like a bare repository, and was not named".into(),
            });
        }
        Ok(place)
    }

    /// Returns what git finds by its own rules.
    pub(super) fn of(git: &Git, folder: &Path) -> Result<Place, Error> {
        Place::ask(git, &[], folder)
    }

    // A path can contain a line end, so a word that git prints for every repository separates the paths.
    fn ask(git: &Git, options: &[&str], path: &Path) -> Result<Place, Error> {
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
        let answer = git.ask(&[options, &questions[..]].concat())?;
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

    /// Binds git to the place. Without help git finds it from the top folder, and hooks see what plain git gives them.
    pub(super) fn bind(&self, git: Git) -> Git {
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

    /// Refuses a GIT_DIR that may come from a hook or from `git rebase --exec` of another repository. Without
    /// GIT_WORK_TREE git takes the current folder for that repository's working tree.
    pub(super) fn refuse_surprise(&self, git: &Git, cwd: &Path) -> Result<(), Error> {
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

    // Whether a folder is the folder of git itself, or in it.
    fn contains(&self, folder: &Path) -> bool {
        match (folder.canonicalize(), self.git_dir.canonicalize()) {
            (Ok(folder), Ok(git_dir)) => folder.starts_with(git_dir),
            _ => folder.starts_with(&self.git_dir),
        }
    }
}

/// Returns a path that git printed.
pub(super) fn as_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// Whether a folder is itself a bare repository, of this user: git checks no owner of a repository that is named to it.
pub(super) fn is_own_bare(folder: &Path) -> bool {
    looks_bare(folder)
        && folder
            .metadata()
            .is_ok_and(|folder| folder.uid() == nix::unistd::geteuid().as_raw())
}

fn looks_bare(folder: &Path) -> bool {
    // HEAD can be a symbolic link to a branch that does not exist yet.
    folder.join("HEAD").symlink_metadata().is_ok()
        && folder.join("objects").is_dir()
        && !folder.join(".git").exists()
}

// Returns the working tree that has a folder among its files. What is below a `.git` is no such file.
fn checkout_around(folder: &Path) -> Option<PathBuf> {
    if folder.components().any(|part| part.as_os_str() == ".git") {
        return None;
    }
    let above = folder.ancestors().skip(1);
    above
        .map(Path::to_path_buf)
        .find(|above| above.join(".git").exists())
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

/// Whether git could find a repository from this folder, which must be a path without links. Starts no process.
pub(super) fn may_hold(folder: &Path) -> bool {
    // HEAD can be a link to a branch that does not exist yet.
    let holds_one = |folder: &Path| {
        folder.join(".git").symlink_metadata().is_ok()
            || folder.join("HEAD").symlink_metadata().is_ok()
    };
    folder.ancestors().any(holds_one)
}

// `rev-parse` does not distinguish a missing repository from one that git refuses for its format or its owner.
fn unopened(path: &Path, detail: String) -> Error {
    let from = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let holds_one = |folder: &&Path| folder.join(".git").exists() || looks_bare(folder);
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
