//! The configuration of a repository, read once: what the user's settings say about remotes, pushes and files.

use super::error::Error;
use super::process::Git;
use super::url::Split;

/// All settings that apply to one repository, in git's order: the last one of a name wins.
#[derive(Clone, Default)]
pub(super) struct Config(Vec<(String, String)>);

/// Whether a remote is read or written: each can have its own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// For `git fetch`.
    Fetch,
    /// For `git push`.
    Push,
}

/// Which users may write to the files of git.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shared(pub(super) u32);

const GROUP: u32 = 0o660;
const EVERYBODY: u32 = 0o664;

impl Config {
    /// Asks git for all settings.
    pub(super) fn read(git: &Git) -> Result<Config, Error> {
        Ok(Config::parse(&git.bytes(&["config", "-z", "--list"], &[])?))
    }

    // Git prints NAME NEWLINE VALUE NUL. A name without a value means true.
    fn parse(list: &[u8]) -> Config {
        let list = String::from_utf8_lossy(list);
        let entries = list.split_terminator('\0').map(|entry| {
            let (name, value) = entry.split_once('\n').unwrap_or((entry, "true"));
            (name.to_owned(), value.to_owned())
        });
        Config(entries.collect())
    }

    /// Returns a setting. Section and variable are in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    /// Whether a setting is true.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(is_true)
    }

    /// Whether a setting with this beginning and end exists, such as `remote.` and `.promisor`.
    pub(super) fn has(&self, start: &str, end: &str) -> bool {
        self.subsections(start, end).next().is_some()
    }

    /// Returns the names of the remotes.
    pub(super) fn remotes(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.subsections("remote.", ".url").collect();
        names.extend(self.subsections("remote.", ".pushurl"));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns the only remote, else `origin`, as git does.
    pub(super) fn default_remote(&self) -> &str {
        match self.remotes()[..] {
            [only] => only,
            _ => "origin",
        }
    }

    /// Returns the name to which a refspec of the remote pushes HEAD; an empty one if it is that of the branch.
    pub(super) fn push_of_head(&self, remote: &str) -> Option<&str> {
        let name = format!("remote.{remote}.push");
        let found = self.0.iter().filter(|(known, _)| *known == name);
        found.map(|(_, refspec)| refspec).find_map(|refspec| {
            let refspec = refspec.strip_prefix('+').unwrap_or(refspec);
            let (from, to) = refspec.split_once(':').unwrap_or((refspec, ""));
            matches!(from, "HEAD" | "@").then_some(to)
        })
    }

    /// Whether a push of the remote can go to another address than a fetch, or to several.
    pub(super) fn pushes_elsewhere(&self, remote: &str) -> bool {
        self.get(&format!("remote.{remote}.pushurl")).is_some()
            || self.has("url.", ".pushinsteadof")
            || self.all(&format!("remote.{remote}.url")).count() > 1
    }

    /// Returns the address from which a remote is fetched; `None` if only git knows it.
    pub(super) fn url(&self, remote: &str) -> Option<String> {
        let name = format!("remote.{remote}.url");
        // An empty address removes those before it.
        let plain = self.all(&name).all(|url| !url.is_empty());
        let first = self.all(&name).next().filter(|_| plain)?;
        Some(self.rewritten(first, Direction::Fetch))
    }

    /// Returns who may write to files of git; `None` leaves that to the umask.
    pub(super) fn shared(&self) -> Option<Shared> {
        let value = self.get("core.sharedrepository")?.to_ascii_lowercase();
        match value.as_str() {
            "umask" | "false" | "no" | "off" | "0" | "" => None,
            "group" | "true" | "yes" | "on" | "1" => Some(Shared(GROUP)),
            "all" | "world" | "everybody" | "2" => Some(Shared(EVERYBODY)),
            octal => u32::from_str_radix(octal, 8)
                .ok()
                .filter(|mode| mode & 0o600 == 0o600)
                .map(|mode| Shared(mode & 0o666)),
        }
    }

    /// Whether git would flush new objects to the disk.
    pub(super) fn flushes_objects(&self) -> bool {
        let parts = self.get("core.fsync").unwrap_or_default();
        let mut flushes = self.is_true("core.fsyncobjectfiles");
        for part in parts.split(',').map(str::trim) {
            match part {
                "all" | "added" | "committed" | "objects" | "loose-object" => flushes = true,
                "none" | "-all" | "-added" | "-committed" | "-objects" | "-loose-object" => {
                    flushes = false;
                }
                _ => {}
            }
        }
        flushes
    }

    /// Whether a hook is configured for this event in place of a file in the folder of hooks.
    pub(super) fn has_hook(&self, event: &str) -> bool {
        self.0.iter().any(|(name, value)| {
            name.starts_with("hook.") && name.ends_with(".event") && value == event
        })
    }

    /// Takes the credentials out of every address that git could use in this repository.
    pub(super) fn hide_credentials(&self, mut git: Git) -> Git {
        let mut written: Vec<(&str, Direction)> = Vec::new();
        for remote in self.remotes() {
            let fetched = format!("remote.{remote}.url");
            let pushed = format!("remote.{remote}.pushurl");
            written.extend(self.all(&fetched).map(|url| (url, Direction::Fetch)));
            if self.get(&pushed).is_none() {
                written.extend(self.all(&fetched).map(|url| (url, Direction::Push)));
            }
            // A `pushurl` is rewritten as an address for fetching is.
            written.extend(self.all(&pushed).map(|url| (url, Direction::Fetch)));
        }
        let mut hidden = Vec::new();
        for (url, direction) in written {
            let Some(split) = Split::of(&self.rewritten(url, direction)) else {
                continue;
            };
            if !hidden.contains(&(url, split.clone())) {
                git = git.hiding(url, &split);
                hidden.push((url, split));
            }
        }
        git
    }

    /// Takes the credentials out of one address, and returns the address for git.
    pub(super) fn hide_credentials_of(&self, mut git: Git, url: &str) -> (Git, String) {
        if let Some(split) = Split::of(url) {
            // The longest rewriting rule wins, so no rule of the user applies to the address: none did with credentials.
            return (git.hiding(&split.address, &split), split.address);
        }
        for direction in [Direction::Fetch, Direction::Push] {
            if let Some(split) = Split::of(&self.rewritten(url, direction)) {
                git = git.hiding(url, &split);
            }
        }
        (git, url.to_owned())
    }

    // Returns the address after the user's own `insteadOf`: the longest beginning wins.
    fn rewritten(&self, url: &str, direction: Direction) -> String {
        let rule = |end: &str| {
            self.0
                .iter()
                .filter_map(|(name, start)| {
                    let base = name.strip_prefix("url.")?.strip_suffix(end)?;
                    Some((base, url.strip_prefix(start.as_str())?))
                })
                .min_by_key(|(_, rest)| rest.len())
                .map(|(base, rest)| format!("{base}{rest}"))
        };
        let pushed = match direction {
            Direction::Push => rule(".pushinsteadof"),
            Direction::Fetch => None,
        };
        pushed
            .or_else(|| rule(".insteadof"))
            .unwrap_or_else(|| url.to_owned())
    }

    fn all<'c>(&'c self, name: &str) -> impl Iterator<Item = &'c str> {
        let values = self.0.iter().filter(move |(known, _)| known == name);
        values.map(|(_, value)| value.as_str())
    }

    /// Returns the values of all settings with this beginning and end.
    pub(super) fn values<'c>(
        &'c self,
        start: &'c str,
        end: &'c str,
    ) -> impl Iterator<Item = &'c str> {
        let found = self.0.iter();
        let found = found.filter(move |(name, _)| {
            name.strip_prefix(start)
                .is_some_and(|rest| rest.ends_with(end))
        });
        found.map(|(_, value)| value.as_str())
    }

    fn subsections<'c>(&'c self, start: &'c str, end: &'c str) -> impl Iterator<Item = &'c str> {
        self.0
            .iter()
            .filter_map(move |(name, _)| name.strip_prefix(start)?.strip_suffix(end))
    }
}

// The values can be credentials.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Config({} settings)", self.0.len())
    }
}

fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on")
        || value.parse::<i64>().is_ok_and(|number| number != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(entries: &[&str]) -> Config {
        Config::parse(entries.join("\0").as_bytes())
    }

    #[test]
    fn last_setting_of_a_name_wins() {
        let config = config(&[
            "push.default\nsimple",
            "commit.gpgsign",
            "push.default\ncurrent",
        ]);
        assert_eq!(config.get("push.default"), Some("current"));
        assert!(config.is_true("commit.gpgsign"));
        assert!(!config.is_true("core.bare"));
    }

    #[test]
    fn longest_rewriting_rule_wins() {
        let config = config(&[
            "url.https://a/.insteadof\nhttps://forge/",
            "url.https://b/.insteadof\nhttps://forge/shop/",
            "url.ssh://c/.pushinsteadof\nhttps://forge/",
        ]);
        let url = "https://forge/shop/x";
        assert_eq!(config.rewritten(url, Direction::Fetch), "https://b/x");
        assert_eq!(config.rewritten(url, Direction::Push), "ssh://c/shop/x");
        assert_eq!(config.rewritten("../x", Direction::Push), "../x");
    }

    #[test]
    fn sharing_and_flushing_follow_git() {
        let shared = |value: &str| {
            let entry = format!("core.sharedrepository\n{value}");
            config(&[&entry]).shared().map(|shared| shared.0)
        };
        assert_eq!(shared("group"), Some(0o660));
        assert_eq!(shared("all"), Some(0o664));
        assert_eq!(shared("0640"), Some(0o640));
        assert_eq!(shared("umask"), None);
        let flushes = |value: &str| {
            let entry = format!("core.fsync\n{value}");
            config(&[&entry]).flushes_objects()
        };
        assert!(flushes("all") && flushes("loose-object") && flushes("committed"));
        assert!(!flushes("none") && !flushes("committed,-loose-object") && !flushes("index"));
    }
}
