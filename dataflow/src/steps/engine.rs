//! Versions of Bytewax that cannot read each other's state.

use std::fmt;

/// Major and minor version of Bytewax. The patch version does not change the format of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Version {
    major: u32,
    minor: u32,
}

/// An incompatibility between two versions: the new one cannot read state that the old one wrote.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Break {
    old: String,
    new: String,
    /// Whether only the state of windows is incompatible.
    windows: bool,
}

/// Versions that changed the format of the whole recovery store.
const STORE: [Version; 2] = [Version::new(0, 17), Version::new(0, 20)];
/// Versions that changed the format of the state of windows.
const WINDOWS: [Version; 1] = [Version::new(0, 21)];

impl Version {
    const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Parses the major and minor number at the beginning of a version.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split(|other: char| !other.is_ascii_digit());
        let (major, minor) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        let dotted = text.starts_with(&format!("{major}.{minor}"));
        dotted.then_some(Self { major, minor })
    }
}

impl Break {
    /// Returns true if the whole store is unreadable, not only the state of windows.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.windows
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { old, new, windows } = self;
        let what = if *windows {
            "the state of windows"
        } else {
            "state"
        };
        write!(f, "Bytewax {new} cannot read {what} that {old} wrote")
    }
}

/// Returns the version of Bytewax at the beginning of an image tag.
#[must_use]
pub fn version_in(tag: &str) -> Option<&str> {
    let end = tag
        .find(|other: char| !other.is_ascii_digit() && other != '.')
        .unwrap_or(tag.len());
    let version = tag.get(..end)?;
    Version::read(version).map(|_| version)
}

/// Returns the incompatibility between two versions, or `None` if there is none or if a text is not a version.
pub(super) fn between(old: &str, new: &str, window: bool) -> Option<Break> {
    let (before, after) = (Version::read(old)?, Version::read(new)?);
    let crossed = |limits: &[Version]| {
        limits
            .iter()
            .any(|limit| (before < *limit) != (after < *limit))
    };
    let whole = crossed(&STORE);
    (whole || (window && crossed(&WINDOWS))).then(|| Break {
        old: old.to_owned(),
        new: new.to_owned(),
        windows: !whole,
    })
}
