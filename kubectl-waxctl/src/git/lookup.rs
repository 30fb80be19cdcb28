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
    /// Only git can tell.
    AskGit,
}

/// Returns the commit that a full name of a reference leads to. Git has more ways to name a commit.
pub(super) fn commit(repository: &git2::Repository, name: &str) -> Lookup<ObjectId> {
    if name != "HEAD" && !name.starts_with("refs/") {
        return Lookup::AskGit;
    }
    let peeled = repository
        .find_reference(name)
        .and_then(|reference| reference.resolve()?.peel_to_commit());
    match peeled {
        Ok(commit) => {
            ObjectId::parse(&commit.id().to_string()).map_or(Lookup::AskGit, Lookup::Found)
        }
        Err(error) if error.code() == ErrorCode::NotFound => Lookup::Absent,
        Err(_) => Lookup::AskGit,
    }
}

/// Returns the branch that HEAD names, whether it has a commit or not.
pub(super) fn head(repository: &git2::Repository) -> Lookup<String> {
    let Ok(head) = repository.find_reference("HEAD") else {
        return Lookup::AskGit;
    };
    match (head.kind(), head.symbolic_target()) {
        (Some(ReferenceType::Symbolic), Ok(Some(branch))) => Lookup::Found(branch.to_owned()),
        (Some(ReferenceType::Direct), _) => Lookup::Absent,
        _ => Lookup::AskGit,
    }
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
