//! Versions of the engine that can't read each other's state.

use std::fmt;

/// A version of the engine, as far as its formats go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Version {
    major: u32,
    minor: u32,
}

/// Why one version can't read what another one has written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Break {
    old: String,
    new: String,
    /// Whether it is about windows alone.
    windows: bool,
}

/// Versions with which the whole store changed.
const STORE: [Version; 2] = [Version::new(0, 17), Version::new(0, 20)];
/// Versions with which the state of windows changed.
const WINDOWS: [Version; 1] = [Version::new(0, 21)];

impl Version {
    const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Reads the beginning of a version.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split(|other: char| !other.is_ascii_digit());
        let (major, minor) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        let dotted = text.starts_with(&format!("{major}.{minor}"));
        dotted.then_some(Self { major, minor })
    }
}

impl Break {
    /// Whether none of what is kept can be read, not only windows.
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
        write!(f, "Bytewax {new} can't read {what} that {old} has written")
    }
}

/// The version of the engine that an image's tag begins with.
#[must_use]
pub fn version_in(tag: &str) -> Option<&str> {
    let end = tag
        .find(|other: char| !other.is_ascii_digit() && other != '.')
        .unwrap_or(tag.len());
    let version = tag.get(..end)?;
    Version::read(version).map(|_| version)
}

/// What stands between two versions; nothing if either is no version.
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
