//! Builds a commit object from a view of its parent and the files to change.

use std::collections::BTreeMap;

use super::attributes;
use super::commit_view::CommitView;
use super::error::Error;
use super::hook_edit::HookEdit;
use super::hooks;
use super::object_id::ObjectId;
use super::repository::Repository;
use super::tree::{self, Blob, Edit, Files};

/// The files and the message of a commit on one particular parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposed {
    /// Content by path in the repository; `None` removes the file.
    pub(crate) files: BTreeMap<String, Option<Vec<u8>>>,
    /// Content of files in the working tree that the new files were made from. It may be replaced there.
    pub(crate) read: BTreeMap<String, Vec<u8>>,
    /// The whole message, trailers included.
    pub(crate) message: String,
}

/// Renders the request against a parent. It is called again whenever another commit has become the parent.
pub(crate) type Proposal<'p, E> = dyn FnMut(&CommitView<'_>) -> Result<Proposed, E> + 'p;

/// The tree of a commit that does not exist yet.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) tree: ObjectId,
    /// The files that it changes.
    pub(super) files: Files,
    /// Content that the user's working tree may have instead.
    pub(super) read: BTreeMap<String, Vec<u8>>,
    message: String,
}

impl Draft {
    /// Writes blobs and trees. Nothing refers to them yet.
    pub(super) fn write(
        repository: &Repository,
        parent: &CommitView<'_>,
        proposed: Proposed,
    ) -> Result<Draft, Error> {
        let mut edits = BTreeMap::new();
        let mut files = Files::new();
        let mut contents = BTreeMap::new();
        for (path, content) in proposed.files {
            match content {
                Some(content) => drop(contents.insert(path, content)),
                None => {
                    edits.insert(path.clone(), Edit::Remove);
                    files.insert(path, None);
                }
            }
        }
        for (path, id) in attributes::store(parent, &contents)? {
            let mode = tree::mode_after(parent.entry(&path)?.as_ref());
            edits.insert(path.clone(), Edit::Put(id.clone()));
            files.insert(path, Some(Blob { id, mode }));
        }
        let tree = tree::rebuild(&repository.objects, parent.tree.as_ref(), &edits)?;
        Ok(Draft {
            tree,
            files,
            read: proposed.read,
            message: proposed.message,
        })
    }

    /// Whether the parent already has the proposed content.
    pub(super) fn changes_nothing(&self, parent: &CommitView<'_>) -> bool {
        parent.tree.as_ref() == Some(&self.tree)
    }

    /// Runs the hook that checks the files of a commit.
    pub(super) fn check(&self, repository: &Repository) -> Result<(), Error> {
        hooks::check_files(repository, &self.tree, &author(repository)?)
    }

    /// Creates the commit object with the user's identity, hooks and signature. `edits` returns the files of the commit
    /// that were changed in the working tree.
    pub(super) fn commit(
        &self,
        repository: &Repository,
        parent: &CommitView<'_>,
        edits: &dyn Fn() -> Vec<HookEdit>,
    ) -> Result<ObjectId, Error> {
        let message = hooks::edit_message(
            repository,
            &self.tree,
            &self.message,
            &|| author(repository),
            edits,
        )?;
        let mut args = vec!["commit-tree"];
        if repository.config.is_true("commit.gpgsign") {
            args.push("-S");
        }
        args.push(self.tree.as_str());
        if let Some(parent) = parent.commit() {
            args.extend(["-p", parent.as_str()]);
        }
        args.extend(["-F", "-"]);
        // The message is UTF-8, whatever the encoding is that the user's editor writes.
        let git = repository.git.clone();
        let git = git.with_setting("i18n.commitEncoding", "UTF-8");
        let id = match git.bytes(&args, message.as_bytes()) {
            Ok(id) => id,
            Err(error) => {
                // A missing identity is the usual reason, and has a hint of its own.
                author(repository)?;
                return Err(error);
            }
        };
        Ok(ObjectId::parse(&String::from_utf8_lossy(&id))?)
    }

    /// Returns the entry for the reference log, as `git commit` writes it.
    pub(super) fn reason(&self) -> String {
        format!(
            "commit: {}",
            self.message.lines().next().unwrap_or_default()
        )
    }
}

// Returns the author as git writes it into a commit.
fn author(repository: &Repository) -> Result<String, Error> {
    let author = repository.git.ask(&["var", "GIT_AUTHOR_IDENT"])?;
    if author.code != Some(0) {
        // The hints repeat git's advice, so only its last line, which names what is missing, is kept.
        let reason = author.stderr.lines().last().unwrap_or_default().to_owned();
        return Err(Error::NoIdentity(reason));
    }
    Ok(String::from_utf8_lossy(&author.stdout).into_owned())
}
