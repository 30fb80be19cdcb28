//! Formats and parses the names of copies and restore points.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::identity::{IdentityError, StoreId, Timeline};

/// The end of the name of a manifest.
const MANIFEST: &str = ".json";
/// The end of the name of a copy.
const COPY: &str = ".sqlite3";

/// The name of a copy and its manifest, relative to the folder of the store.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CopyName {
    /// The timeline of the copy.
    pub timeline: Timeline,
    /// The index of the partition.
    pub part: u32,
    /// The part of the name that is unique among the copies of the partition.
    pub stem: Stem,
}

/// The unique part of a copy's name: `<execution>-<start>-<sequence>-<8 hex digits>`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Stem(String);

/// The dataflow and the store that copies belong to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// The namespace of the dataflow.
    pub namespace: String,
    /// The name of the dataflow.
    pub name: String,
    /// The store of the dataflow.
    pub store: StoreId,
}

/// The name of a restore point: `TIMELINE/EPOCH`, or `NAMESPACE/NAME/STORE/TIMELINE/EPOCH` with the
/// dataflow it belongs to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PointName {
    /// The dataflow and store; `None` if the context determines them.
    pub origin: Option<Origin>,
    /// The timeline.
    pub timeline: Timeline,
    /// The epoch from which the restored store resumes.
    pub epoch: u64,
}

impl CopyName {
    /// Returns the path of the manifest.
    #[must_use]
    pub fn manifest(&self) -> String {
        self.path(MANIFEST)
    }

    /// Returns the path of the copy.
    #[must_use]
    pub fn copy(&self) -> String {
        self.path(COPY)
    }

    fn path(&self, end: &str) -> String {
        format!("{}/{}/{}{end}", self.timeline, self.part, self.stem)
    }

    /// Parses the path of a manifest; `None` for any other path.
    #[must_use]
    pub fn from_manifest_path(path: &str) -> Option<Self> {
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
    /// Creates the stem of a copy that was taken in an execution of a start.
    #[must_use]
    pub fn new(execution: u64, start: u64, sequence: u64, random: u32) -> Self {
        Self(format!("{execution}-{start}-{sequence}-{random:08x}"))
    }

    /// Returns the execution in which the copy was taken.
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
        let wrong = || fault(text, "a restore point like 1-0a1b2c3d/123");
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

/// Parses a number in the spelling that we write; another spelling is another name.
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
