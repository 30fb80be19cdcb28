//! Looks up references and trees in process, where libgit2 can read the repository. Each answer is git's own one; where it
//! might not be, there is no answer, and git is asked.

use git2::{ErrorCode, ReferenceType};

use super::object_id::ObjectId;

/// The result of looking a name up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lookup<T> {
    /// The name exists.
    Found(T),
    /// The name does not exist.
    Absent,
    /// The name exists, but what it names is missing here. Git may know more, or say what is wrong.
    Broken,
    /// Only git can tell.
    AskGit,
}

/// The number of symbolic references that are followed, as in git.
const DEPTH: usize = 5;

/// Returns the commit that a full name of a reference leads to. Git has more ways to name a commit.
pub(super) fn commit(repository: &git2::Repository, name: &str) -> Lookup<ObjectId> {
    if name != "HEAD" && !name.starts_with("refs/") {
        return Lookup::AskGit;
    }
    let absent = |error: &git2::Error| error.code() == ErrorCode::NotFound;
    let found = repository.find_reference(name);
    match found.and_then(|reference| reference.resolve()) {
        Ok(reference) => match reference.peel_to_commit() {
            Ok(commit) => {
                ObjectId::parse(&commit.id().to_string()).map_or(Lookup::AskGit, Lookup::Found)
            }
            Err(_) => Lookup::Broken,
        },
        Err(error) if absent(&error) => Lookup::Absent,
        Err(_) => Lookup::AskGit,
    }
}

/// Returns the branch at the end of a symbolic reference such as HEAD, whether it has a commit or not. Absent is a name
/// that is no symbolic reference.
///
/// What libgit2 takes for an object name can be a symbolic reference for git: HEAD as a symbolic link.
pub(super) fn symbolic(repository: &git2::Repository, name: &str) -> Lookup<String> {
    let mut last = None;
    let mut next = name.to_owned();
    for _ in 0..DEPTH {
        let reference = match repository.find_reference(&next) {
            Ok(reference) => reference,
            Err(error) if error.code() == ErrorCode::NotFound => {
                return last.map_or(Lookup::Absent, Lookup::Found);
            }
            Err(_) => return Lookup::AskGit,
        };
        match (reference.kind(), reference.symbolic_target()) {
            (Some(ReferenceType::Symbolic), Ok(Some(target))) => {
                target.clone_into(&mut next);
                last = Some(next.clone());
            }
            (Some(ReferenceType::Direct), _) if last.is_some() || next != "HEAD" => {
                return last.map_or(Lookup::Absent, Lookup::Found);
            }
            _ => return Lookup::AskGit,
        }
    }
    Lookup::AskGit
}

/// Returns the tree of a commit, unless git could replace the commit by another one.
pub(super) fn tree_of(repository: &git2::Repository, commit: &ObjectId) -> Option<ObjectId> {
    let base = std::env::var_os("GIT_REPLACE_REF_BASE");
    let mut replaced = repository.references_glob("refs/replace/*").ok()?;
    if base.is_some() || replaced.next().is_some() {
        return None;
    }
    let id = git2::Oid::from_str(commit.as_str()).ok()?;
    let tree = repository.find_commit(id).ok()?.tree_id();
    ObjectId::parse(&tree.to_string()).ok()
}
