//! Lists the files of a folder with code, and what is left out of it.
//!
//! Links are followed inside the folder only. Nothing is opened but files with rules, so a pipe cannot block.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata};
use std::path::{Path, PathBuf};

use gitops::environment::APPS;
use gitops::layout::DATAFLOW;
use gitops::left_out::{LeftOut, Reason};
use nix::errno::Errno;

use super::git_rules::{OWN_FILE, Rules, Verdict};
use crate::error::CommandError;

/// The largest number of files. Code in a ConfigMap has far fewer.
const MAX_FILES: usize = 10_000;

/// Files that say how git treats others. They are never code, and it is no news that they are left out.
const OF_GIT: [&str; 5] = [
    ".git",
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
    ".gitkeep",
];

/// Names that tools generate.
const CACHES: [&str; 4] = ["__pycache__", "node_modules", "Thumbs.db", "desktop.ini"];

/// Folders of a virtual environment that was made in the folder itself.
const OF_ENVIRONMENT: [&str; 8] = [
    "bin",
    "include",
    "lib",
    "lib64",
    "share",
    "Lib",
    "Scripts",
    "pyvenv.cfg",
];

/// The content of a folder.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// The files, sorted by path.
    pub(super) files: Vec<Found>,
    /// What is left out.
    pub(super) left_out: Vec<LeftOut>,
}

/// A file of the code.
#[derive(Debug)]
pub(super) struct Found {
    /// Path below the folder, with `/`.
    pub(super) path: String,
    /// Where to read it.
    pub(super) place: PathBuf,
    /// Size in bytes.
    pub(super) bytes: u64,
    /// Whether its owner may execute it.
    pub(super) executable: bool,
}

/// Lists a folder. `shown` is the folder as the user named it, `root` its absolute path without links.
///
/// # Errors
/// A part of it cannot be read, a name is not UTF-8, or it has too many files.
pub(super) fn walk(shown: &Path, root: &Path) -> Result<Walked, CommandError> {
    let mut walk = Walk {
        shown,
        root,
        rules: Rules::around(root),
        folders: Vec::new(),
        found: Walked::default(),
    };
    walk.enter(root, "", false)?;
    walk.found.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walk.found)
}

/// Creates the error for a source that cannot be read.
pub(super) fn unreadable(path: &Path) -> CommandError {
    CommandError::usage(format!("cannot read the source {}", path.display()))
}

struct Walk<'a> {
    shown: &'a Path,
    root: &'a Path,
    rules: Rules,
    /// The folders around the present place, to find loops of links.
    folders: Vec<PathBuf>,
    found: Walked,
}

impl Walk<'_> {
    /// Lists one folder. With `tracked_only`, git ignores the folder, and only files in the index are taken.
    fn enter(
        &mut self,
        folder: &Path,
        prefix: &str,
        tracked_only: bool,
    ) -> Result<(), CommandError> {
        let failed = |error: &std::io::Error| unreadable(folder).chain(error);
        let entries = fs::read_dir(folder).map_err(|error| failed(&error))?;
        let mut entries = entries
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed(&error))?;
        entries.sort_by_key(DirEntry::file_name);
        let rules = self.rules.enter(folder);
        self.folders.push(folder.to_owned());
        for entry in entries {
            self.look(&entry, prefix, tracked_only)?;
        }
        self.folders.pop();
        self.rules.leave(rules);
        Ok(())
    }

    fn look(
        &mut self,
        entry: &DirEntry,
        prefix: &str,
        tracked_only: bool,
    ) -> Result<(), CommandError> {
        let name = entry.file_name();
        if OF_GIT.iter().any(|of_git| name == *of_git) || name == OWN_FILE {
            return Ok(());
        }
        let place = entry.path();
        let path = format!("{prefix}{}", name.display());
        let kind = entry
            .file_type()
            .map_err(|error| unreadable(&place).chain(&error))?;
        let target = if kind.is_symlink() {
            match self.resolve(&place) {
                Ok(target) => target,
                Err(reason) => {
                    // A rule that names the link says more than where it leads.
                    let named = self.reason(&place, &name, false, tracked_only);
                    self.leave_out(path, named.unwrap_or(reason));
                    return Ok(());
                }
            }
        } else {
            place.clone()
        };
        let metadata = fs::metadata(&target).map_err(|error| unreadable(&place).chain(&error))?;
        let shown = if metadata.is_dir() {
            format!("{path}/")
        } else {
            path.clone()
        };
        // For git, a link to a folder is no folder.
        let is_folder = metadata.is_dir() && !kind.is_symlink();
        let mut reason = self.reason(&place, &name, is_folder, tracked_only);
        if reason.is_none() && metadata.is_dir() {
            reason = generated_folder(&target).or_else(|| self.of_flows(&target));
        }
        let mut tracked_only = tracked_only;
        if reason == Some(Reason::Ignored) && self.rules.is_tracked(&place) {
            (reason, tracked_only) = (None, is_folder);
        }
        if let Some(reason) = reason {
            self.leave_out(shown, reason);
        } else if metadata.is_dir() {
            self.enter(&target, &shown, tracked_only)?;
        } else if metadata.is_file() {
            self.add(&name, path, target, &metadata)?;
        } else {
            self.leave_out(shown, Reason::Special);
        }
        Ok(())
    }

    fn leave_out(&mut self, path: String, reason: Reason) {
        self.found.left_out.push(LeftOut { path, reason });
    }

    /// Returns why an entry is left out because of its name or of a rule.
    fn reason(
        &self,
        place: &Path,
        name: &OsStr,
        is_folder: bool,
        tracked_only: bool,
    ) -> Option<Reason> {
        let verdict = self.rules.decide(place, is_folder);
        let name = name.to_string_lossy();
        let in_root = place.parent() == Some(self.root);
        let of_environment = || {
            in_root
                && OF_ENVIRONMENT.contains(&name.as_ref())
                && self.root.join("pyvenv.cfg").exists()
        };
        match verdict {
            Verdict::Taken => None,
            Verdict::Listed => Some(Reason::Listed),
            _ if name.starts_with('.') => Some(Reason::Hidden),
            _ if is_cache(&name) => Some(Reason::Cache),
            _ if of_environment() => Some(Reason::VirtualEnvironment),
            Verdict::Ignored => Some(Reason::Ignored),
            Verdict::Unmentioned if tracked_only => Some(Reason::Ignored),
            Verdict::Unmentioned => None,
        }
    }

    /// Leaves out the folder `apps` of a repository: it contains this flow and others as they were committed.
    fn of_flows(&self, folder: &Path) -> Option<Reason> {
        let is_apps = self.root.join(APPS) == folder && self.root.join(".git").exists();
        let below = |folder: &Path| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).collect::<Vec<_>>()
        };
        let mut flows = below(folder).into_iter().flat_map(|env| below(&env));
        let has_flow = is_apps && flows.any(|flow| flow.join(DATAFLOW).is_file());
        has_flow.then_some(Reason::Flows)
    }

    /// Returns the target of a link, or why the link is left out.
    fn resolve(&self, link: &Path) -> Result<PathBuf, Reason> {
        let is_loop = |error: &std::io::Error| error.raw_os_error() == Some(Errno::ELOOP as i32);
        let target = fs::canonicalize(link).map_err(|error| match is_loop(&error) {
            true => Reason::Loop,
            false => Reason::Dangling,
        })?;
        let inside = target
            .strip_prefix(self.root)
            .map_err(|_| Reason::LeavesFolder)?;
        if self.folders.contains(&target) {
            return Err(Reason::Loop);
        }
        if self.is_left_out(inside) {
            return Err(Reason::LinkToLeftOut);
        }
        Ok(target)
    }

    /// Returns true if a path below the root, without links, is left out.
    fn is_left_out(&self, inside: &Path) -> bool {
        let mut rules = Rules::around(self.root);
        let mut place = self.root.to_owned();
        for part in inside {
            rules.enter(&place);
            place.push(part);
            let name = part.to_string_lossy();
            let is_folder = place.is_dir();
            let hidden = match rules.decide(&place, is_folder) {
                Verdict::Taken => false,
                Verdict::Listed => true,
                Verdict::Ignored => !rules.is_tracked(&place),
                Verdict::Unmentioned => name.starts_with('.') || is_cache(&name),
            };
            if hidden || (is_folder && generated_folder(&place).is_some()) {
                return true;
            }
        }
        false
    }

    fn add(
        &mut self,
        name: &OsStr,
        path: String,
        place: PathBuf,
        metadata: &Metadata,
    ) -> Result<(), CommandError> {
        if name.to_str().is_none() {
            return Err(unreadable(self.shown)
                .because(format!("the file name {} is not UTF-8", name.display()))
                .hint(format!("rename it, or name it in {OWN_FILE}")));
        }
        if self.found.files.len() == MAX_FILES {
            return Err(unreadable(self.shown)
                .because(format!("it has more than {MAX_FILES} files"))
                .hint(format!(
                    "name the folders that are no code in {}, as in a .gitignore",
                    self.shown.join(OWN_FILE).display()
                )));
        }
        self.found.files.push(Found {
            path,
            place,
            bytes: metadata.len(),
            executable: is_executable(metadata),
        });
        Ok(())
    }
}

fn is_cache(name: &str) -> bool {
    CACHES.contains(&name)
        || [".pyc", ".pyo", ".egg-info"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// Returns why a folder is left out because of what is in it.
fn generated_folder(folder: &Path) -> Option<Reason> {
    let has = |name: &str| folder.join(name).exists();
    if has("pyvenv.cfg") || has("conda-meta") {
        Some(Reason::VirtualEnvironment)
    } else if has("CACHEDIR.TAG") {
        Some(Reason::Cache)
    } else {
        None
    }
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_metadata: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests;
