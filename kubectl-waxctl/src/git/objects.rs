//! Reads and writes git objects: in process where libgit2 can, through git's plumbing where it cannot.

use std::fmt;
use std::path::Path;

use super::{Error, Git};

/// The name of a git object, SHA-1 or SHA-256, in hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(String);

/// The kinds of object that are read and written here; commits are git's own work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The content of one file.
    Blob,
    /// One folder.
    Tree,
}

/// The object database of one repository.
pub enum Objects {
    /// libgit2: a hundred thousand files cost no more than ten, and no process is started.
    InProcess(git2::Repository),
    /// `git cat-file` and `git hash-object`: SHA-256, partial clones and whatever git learns next.
    Plumbing(Git),
}

impl ObjectId {
    /// Reads an object name as git prints it.
    pub fn parse(text: &str) -> Result<ObjectId, Error> {
        let text = text.trim();
        let known = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if known {
            Ok(ObjectId(text.to_owned()))
        } else {
            Err(Error::NotAnObject(text.to_owned()))
        }
    }

    /// The name in hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The seven digits people read.
    pub fn short(&self) -> &str {
        &self.0[..7]
    }

    /// The all-zero name of the same length: "no such object" in git's ref updates.
    pub fn zero(&self) -> String {
        "0".repeat(self.0.len())
    }

    /// The name as the bytes a tree holds.
    pub(super) fn raw(&self) -> Vec<u8> {
        self.0
            .as_bytes()
            .chunks(2)
            .map(|pair| (digit(pair[0]) << 4) | digit(pair[1]))
            .collect()
    }

    /// The name from the bytes a tree holds.
    pub(super) fn from_raw(raw: &[u8]) -> ObjectId {
        ObjectId(raw.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Objects {
    /// Opens the database, in process unless libgit2 refuses the repository's format or objects may be missing.
    pub fn open(git_dir: &Path, git: &Git) -> Result<Objects, Error> {
        let promisor = git.query(&[
            "config",
            "--get-regexp",
            r"^(remote\..*\.promisor|extensions\.partialclone)$",
        ])?;
        let flags = git2::RepositoryOpenFlags::NO_SEARCH | git2::RepositoryOpenFlags::NO_DOTGIT;
        let opened = git2::Repository::open_ext(git_dir, flags, std::iter::empty::<&Path>());
        Ok(match (promisor, opened) {
            (None, Ok(repository)) => Objects::InProcess(repository),
            _ => Objects::Plumbing(git.clone()),
        })
    }

    /// The content of one object.
    pub fn read(&self, kind: Kind, id: &ObjectId) -> Result<Vec<u8>, Error> {
        match self {
            Objects::InProcess(repository) => {
                let read = || {
                    Ok(repository
                        .odb()?
                        .read(git2::Oid::from_str(id.as_str())?)?
                        .data()
                        .to_vec())
                };
                read().map_err(|source| Error::Object {
                    id: id.clone(),
                    source,
                })
            }
            Objects::Plumbing(git) => git.bytes(&["cat-file", kind.name(), id.as_str()], &[]),
        }
    }

    /// Stores one object and gives its name.
    pub fn write(&self, kind: Kind, content: &[u8]) -> Result<ObjectId, Error> {
        match self {
            Objects::InProcess(repository) => {
                let write = || repository.odb()?.write(kind.libgit2(), content);
                Ok(ObjectId(write().map_err(Error::Write)?.to_string()))
            }
            Objects::Plumbing(git) => {
                let name = git.bytes(
                    &["hash-object", "-w", "-t", kind.name(), "--stdin"],
                    content,
                )?;
                ObjectId::parse(&String::from_utf8_lossy(&name))
            }
        }
    }

    /// Whether this database is read in process.
    pub fn in_process(&self) -> bool {
        matches!(self, Objects::InProcess(_))
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.in_process() {
            "InProcess"
        } else {
            "Plumbing"
        })
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Blob => "blob",
            Kind::Tree => "tree",
        }
    }

    fn libgit2(self) -> git2::ObjectType {
        match self {
            Kind::Blob => git2::ObjectType::Blob,
            Kind::Tree => git2::ObjectType::Tree,
        }
    }
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex - b'0',
        _ => (hex | 0x20) - b'a' + 10,
    }
}
