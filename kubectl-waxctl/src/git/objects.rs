//! Reads and writes git objects: in process if libgit2 can, else through git's plumbing.

use std::fmt;
use std::path::Path;

use super::config::Config;
use super::error::Error;
use super::object_id::ObjectId;
use super::process::Git;

/// The kinds of object that are read and written here; git itself writes commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The content of one file.
    Blob,
    /// One folder.
    Tree,
}

/// The object database of one repository.
pub(crate) enum Objects {
    /// libgit2: starts no process, and its cost does not grow with the number of files in the repository.
    InProcess(git2::Repository),
    /// libgit2 reads. Git writes: it flushes new objects, or lets a group write, as the user's settings say.
    Shared(git2::Repository, Git),
    /// `git cat-file` and `git hash-object`: for SHA-256, partial clones, and formats that libgit2 does not know.
    Plumbing(Git),
}

const ELSEWHERE: [&str; 3] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
];

impl Objects {
    /// Opens the database, in process unless libgit2 refuses the format of the repository, or objects may be missing or
    /// elsewhere.
    pub(super) fn open(git_dir: &Path, git: &Git, config: &Config) -> Objects {
        let partial = config.has("remote.", ".promisor")
            || config.get("extensions.partialclone").is_some()
            || ELSEWHERE.iter().any(|name| git.variable(name).is_some());
        let flags = git2::RepositoryOpenFlags::NO_SEARCH | git2::RepositoryOpenFlags::NO_DOTGIT;
        let opened = git2::Repository::open_ext(git_dir, flags, std::iter::empty::<&Path>());
        match opened {
            Ok(repository) if !partial => {
                if config.shared().is_some() || config.flushes_objects() {
                    Objects::Shared(repository, git.clone())
                } else {
                    Objects::InProcess(repository)
                }
            }
            _ => Objects::Plumbing(git.clone()),
        }
    }

    /// Returns the repository as libgit2 reads it; `None` if only git reads it.
    pub(super) fn libgit2(&self) -> Option<&git2::Repository> {
        match self {
            Objects::InProcess(repository) | Objects::Shared(repository, _) => Some(repository),
            Objects::Plumbing(_) => None,
        }
    }

    /// Reads the content of one object.
    pub(crate) fn read(&self, kind: Kind, id: &ObjectId) -> Result<Vec<u8>, Error> {
        match self {
            Objects::InProcess(repository) | Objects::Shared(repository, _) => {
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

    /// Stores one object and returns its name.
    pub(crate) fn write(&self, kind: Kind, content: &[u8]) -> Result<ObjectId, Error> {
        match self {
            Objects::InProcess(repository) => {
                let write = || repository.odb()?.write(kind.libgit2(), content);
                let name = write().map_err(Error::Write)?.to_string();
                Ok(ObjectId::parse(&name)?)
            }
            Objects::Plumbing(git) | Objects::Shared(_, git) => {
                let name = git.bytes(
                    &["hash-object", "-w", "-t", kind.name(), "--stdin"],
                    content,
                )?;
                Ok(ObjectId::parse(&String::from_utf8_lossy(&name))?)
            }
        }
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Objects::InProcess(_) => "InProcess",
            Objects::Shared(..) => "Shared",
            Objects::Plumbing(_) => "Plumbing",
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
