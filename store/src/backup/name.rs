//! What copies and the moments they can be brought back to are called.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::identity::{IdentityError, StoreId, Timeline};

/// How the name of a manifest ends.
const MANIFEST: &str = ".json";
/// How the name of a copy ends.
const COPY: &str = ".sqlite3";

/// The name of a copy and its manifest, below the folder of the store.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CopyName {
    /// The timeline it is of.
    pub timeline: Timeline,
    /// The partition.
    pub part: u32,
    /// What tells it from the others of its partition.
    pub stem: Stem,
}

/// `<execution>-<start>-<sequence>-<8 hex digits>`: no two copies ever have the same.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Stem(String);

/// Whose copies are meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// The namespace of the dataflow.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its store.
    pub store: StoreId,
}

/// A moment that copies can be brought back to: `TIMELINE/EPOCH`, or with whose it is
/// `NAMESPACE/NAME/STORE/TIMELINE/EPOCH`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PointName {
    /// Whose it is; none for the store that is spoken of anyway.
    pub origin: Option<Origin>,
    /// The timeline.
    pub timeline: Timeline,
    /// The epoch that is resumed from.
    pub epoch: u64,
}

impl CopyName {
    /// Where the manifest lies.
    #[must_use]
    pub fn manifest(&self) -> String {
        self.path(MANIFEST)
    }

    /// Where the copy lies.
    #[must_use]
    pub fn copy(&self) -> String {
        self.path(COPY)
    }

    fn path(&self, end: &str) -> String {
        format!("{}/{}/{}{end}", self.timeline, self.part, self.stem)
    }

    /// Reads the path of a manifest; none for anything else.
    #[must_use]
    pub fn of_manifest(path: &str) -> Option<Self> {
        Self::parse(path.strip_suffix(MANIFEST)?)
    }

    fn parse(path: &str) -> Option<Self> {
        let mut words = path.split('/');
        let name = Self {
            timeline: words.next()?.parse().ok()?,
            part: number(words.next()?)?,
            stem: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(name)
    }
}

impl Stem {
    /// Makes the name of a copy that was taken in an execution of a start.
    #[must_use]
    pub fn new(execution: u64, start: u64, sequence: u64, random: u32) -> Self {
        Self(format!("{execution}-{start}-{sequence}-{random:08x}"))
    }

    /// The execution it was taken in.
    #[must_use]
    pub fn execution(&self) -> u64 {
        let first = self.0.split('-').next();
        first.and_then(number).expect("a stem begins with a number")
    }
}

impl FromStr for Stem {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let words: Vec<_> = text.split('-').collect();
        let fits = match words[..] {
            [execution, start, sequence, random] => {
                let numbers = [execution, start, sequence];
                numbers.iter().all(|word| number::<u64>(word).is_some())
                    && u32::from_str_radix(random, 16)
                        .is_ok_and(|value| format!("{value:08x}") == random)
            }
            _ => false,
        };
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(fault(text, "the name of a copy like 4-7-12-0a1b2c3d"))
        }
    }
}

impl fmt::Display for Stem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Stem {
    type Error = IdentityError;

    fn try_from(text: String) -> Result<Self, IdentityError> {
        text.parse()
    }
}

impl From<Stem> for String {
    fn from(stem: Stem) -> Self {
        stem.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace,
            name,
            store,
        } = self;
        write!(f, "{namespace}/{name}/{store}")
    }
}

impl fmt::Display for PointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}/")?;
        }
        write!(f, "{}/{}", self.timeline, self.epoch)
    }
}

impl FromStr for PointName {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let words: Vec<_> = text.split('/').collect();
        let wrong = || fault(text, "a point like 1-0a1b2c3d/123");
        let (origin, timeline, epoch) = match words[..] {
            [timeline, epoch] => (None, timeline, epoch),
            [namespace, name, store, timeline, epoch] if is_label(namespace) && is_label(name) => {
                let origin = Origin {
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                    store: store.parse()?,
                };
                (Some(origin), timeline, epoch)
            }
            _ => return Err(wrong()),
        };
        Ok(Self {
            origin,
            timeline: timeline.parse()?,
            epoch: number(epoch).ok_or_else(wrong)?,
        })
    }
}

/// Whether a text may be the name of a resource, and so of a folder.
fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Reads a number as we write it: another spelling is another name.
fn number<T: FromStr + ToString>(text: &str) -> Option<T> {
    text.parse()
        .ok()
        .filter(|number: &T| number.to_string() == text)
}

fn fault(text: &str, expected: &'static str) -> IdentityError {
    IdentityError {
        text: text.to_owned(),
        expected,
    }
}
