//! Decides which files git would leave out: `.gitignore`, `.git/info/exclude`, `core.excludesFile`, and the tool's own
//! `.waxctlignore`. It also applies `.gitignore` to a folder that is in no repository.
//!
//! As in git, the nearest file with a matching line decides, and a file in the index is never ignored.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use git2::{Config, ConfigLevel, Index};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Name of the file with rules that only this tool reads.
pub(super) const OWN_FILE: &str = ".waxctlignore";

/// What the rules say about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No rule matches.
    Unmentioned,
    /// A rule of git leaves it out.
    Ignored,
    /// A line of `.waxctlignore` leaves it out.
    Listed,
    /// A line of `.waxctlignore` with `!` takes it.
    Taken,
}

/// The rules for a folder, without the files in it and below it: those come with [`Rules::enter`].
pub(super) struct Rules {
    /// Rules of git, the strongest last.
    git: Vec<Gitignore>,
    /// Rules of `.waxctlignore`, the strongest last.
    own: Vec<Gitignore>,
    repository: Option<Repository>,
}

struct Repository {
    top: PathBuf,
    git_dir: PathBuf,
    /// Folder that all worktrees share; it holds `config` and `info/exclude`.
    common_dir: PathBuf,
    tracked: OnceCell<BTreeSet<PathBuf>>,
}

impl Rules {
    /// Reads the rules from outside a folder, which is an absolute path without links.
    ///
    /// If they hide the folder itself, they do not count: the user has named it.
    pub(super) fn around(folder: &Path) -> Self {
        let repository = Repository::around(folder);
        let mut rules = Self {
            git: Vec::new(),
            own: Vec::new(),
            repository,
        };
        let repository = rules.repository.as_ref();
        let top = repository.map_or_else(|| folder.to_owned(), |found| found.top.clone());
        let common_dir = repository.map(|found| found.common_dir.as_path());
        let files = [
            excludes_file(common_dir),
            common_dir.map(|folder| folder.join("info/exclude")),
        ];
        let files = files.into_iter().flatten();
        rules.git = files.filter_map(|file| matcher(&top, &file)).collect();
        let mut above: Vec<&Path> = folder
            .ancestors()
            .skip(1)
            .take_while(|above| above.starts_with(&top))
            .collect();
        above.reverse();
        for above in above {
            rules.enter(above);
        }
        let hidden = folder
            .ancestors()
            .take_while(|within| *within != top && within.starts_with(&top))
            .any(|within| rules.decide(within, true) == Verdict::Ignored);
        if hidden {
            rules.git.clear();
        }
        rules.own.clear();
        rules
    }

    /// Adds the rules in a folder. Returns the state for [`Rules::leave`].
    pub(super) fn enter(&mut self, folder: &Path) -> (usize, usize) {
        let before = (self.git.len(), self.own.len());
        self.git.extend(matcher(folder, &folder.join(".gitignore")));
        self.own.extend(matcher(folder, &folder.join(OWN_FILE)));
        before
    }

    /// Forgets the rules of a folder.
    pub(super) fn leave(&mut self, before: (usize, usize)) {
        self.git.truncate(before.0);
        self.own.truncate(before.1);
    }

    /// Returns what the rules say about a path in the folders that were entered.
    pub(super) fn decide(&self, path: &Path, is_folder: bool) -> Verdict {
        match strongest(&self.own, path, is_folder) {
            Match::Ignore(()) => return Verdict::Listed,
            Match::Whitelist(()) => return Verdict::Taken,
            Match::None => {}
        }
        match strongest(&self.git, path, is_folder) {
            Match::Ignore(()) => Verdict::Ignored,
            Match::Whitelist(()) | Match::None => Verdict::Unmentioned,
        }
    }

    /// Returns true if a file is in git's index, or a file below a folder.
    pub(super) fn is_tracked(&self, path: &Path) -> bool {
        let Some(repository) = &self.repository else {
            return false;
        };
        let Ok(path) = path.strip_prefix(&repository.top) else {
            return false;
        };
        let mut from = repository.tracked().range(path.to_owned()..);
        from.next().is_some_and(|first| first.starts_with(path))
    }
}

fn strongest(matchers: &[Gitignore], path: &Path, is_folder: bool) -> Match<()> {
    let decisions = matchers.iter().rev();
    decisions
        .filter(|matcher| path.starts_with(matcher.path()))
        .map(|matcher| matcher.matched(path, is_folder).map(|_| ()))
        .find(|decision| !decision.is_none())
        .unwrap_or(Match::None)
}

/// Reads a file with rules; `None` if it does not exist or has no rule. A line that is no valid pattern is skipped, as
/// git does.
fn matcher(base: &Path, file: &Path) -> Option<Gitignore> {
    if !file.is_file() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(base);
    builder.add(file);
    builder.build().ok().filter(|rules| !rules.is_empty())
}

impl Repository {
    /// Returns the repository of a folder, without running git: rendering works on machines that do not have it.
    fn around(folder: &Path) -> Option<Self> {
        let (top, entry) = folder
            .ancestors()
            .map(|above| (above, above.join(".git")))
            .find(|(_, entry)| entry.exists())?;
        let git_dir = if entry.is_dir() {
            entry
        } else {
            // A linked worktree or a submodule.
            let text = fs::read_to_string(&entry).ok()?;
            top.join(text.strip_prefix("gitdir:")?.trim())
        };
        let common_dir = match fs::read_to_string(git_dir.join("commondir")) {
            Ok(text) => git_dir.join(text.trim()),
            Err(_) => git_dir.clone(),
        };
        Some(Self {
            top: top.to_owned(),
            git_dir,
            common_dir,
            tracked: OnceCell::new(),
        })
    }

    /// Returns the paths in the index; none if it cannot be read.
    fn tracked(&self) -> &BTreeSet<PathBuf> {
        self.tracked.get_or_init(|| {
            let Ok(index) = Index::open(&self.git_dir.join("index")) else {
                return BTreeSet::new();
            };
            index
                .iter()
                .map(|entry| PathBuf::from(String::from_utf8_lossy(&entry.path).into_owned()))
                .collect()
        })
    }
}

/// Returns the user's file with rules for all repositories.
fn excludes_file(common_dir: Option<&Path>) -> Option<PathBuf> {
    let mut config = match std::env::var_os("GIT_CONFIG_GLOBAL") {
        Some(file) => Config::open(Path::new(&file)),
        None => Config::open_default(),
    }
    .ok()?;
    if let Some(folder) = common_dir {
        // Without a file of its own, the repository has no setting of its own.
        config
            .add_file(&folder.join("config"), ConfigLevel::Local, false)
            .ok();
    }
    if let Ok(path) = config.get_path("core.excludesfile") {
        return Some(path);
    }
    let from_home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".config"));
    let config_home = std::env::var_os("XDG_CONFIG_HOME").filter(|home| !home.is_empty());
    let folder = config_home.map(PathBuf::from).or_else(from_home)?;
    Some(folder.join("git/ignore"))
}
