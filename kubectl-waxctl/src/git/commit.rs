//! Builds a commit object from a view of its parent and the files to change.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;

use super::attributes;
use super::commit_view::CommitView;
use super::error::Error;
use super::object_id::ObjectId;
use super::objects::Kind;
use super::repository::Repository;
use super::tree::{self, Edit};

/// The files and the message of a commit on one particular parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposed {
    /// Content by path in the repository; `None` removes the file.
    pub(crate) files: BTreeMap<String, Option<Vec<u8>>>,
    /// The whole message, trailers included.
    pub(crate) message: String,
}

/// Renders the request against a parent. It is called again whenever another commit has become the parent.
pub(crate) type Proposal<'p, E> = dyn FnMut(&CommitView<'_>) -> Result<Proposed, E> + 'p;

/// The tree of a commit that does not exist yet.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) tree: ObjectId,
    /// The blob of each path; `None` if the commit removes the path.
    pub(super) files: BTreeMap<String, Option<ObjectId>>,
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
        let mut files = BTreeMap::new();
        let rules = attributes::of(parent, proposed.files.keys())?;
        for (path, content) in proposed.files {
            let blob = match content {
                Some(content) => {
                    let content = rules.to_blob(parent, &path, content)?;
                    Some(repository.objects.write(Kind::Blob, &content)?)
                }
                None => None,
            };
            edits.insert(path.clone(), blob.clone().map_or(Edit::Remove, Edit::Put));
            files.insert(path, blob);
        }
        let tree = tree::rebuild(&repository.objects, parent.tree.as_ref(), &edits)?;
        Ok(Draft {
            tree,
            files,
            message: proposed.message,
        })
    }

    /// Whether the parent already has the proposed content.
    pub(super) fn changes_nothing(&self, parent: &CommitView<'_>) -> bool {
        parent.tree.as_ref() == Some(&self.tree)
    }

    /// Creates the commit object with the user's identity, hook and signature.
    pub(super) fn commit(
        &self,
        repository: &Repository,
        parent: &CommitView<'_>,
    ) -> Result<ObjectId, Error> {
        let author = repository.git.ask(&["var", "GIT_AUTHOR_IDENT"])?;
        if author.code != Some(0) {
            // The hints repeat git's advice, so only its last line, which names what is missing, is kept.
            let reason = author.stderr.lines().last().unwrap_or_default().to_owned();
            return Err(Error::NoIdentity(reason));
        }
        let message = commit_msg_hook(repository, &self.message)?;
        let mut args = vec!["commit-tree"];
        let sign = ["config", "--type=bool", "--get", "commit.gpgsign"];
        if repository.git.query(&sign)?.as_deref() == Some("true") {
            args.push("-S");
        }
        args.push(self.tree.as_str());
        if let Some(parent) = parent.commit() {
            args.extend(["-p", parent.as_str()]);
        }
        args.extend(["-F", "-"]);
        let id = repository.git.bytes(&args, message.as_bytes())?;
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

// `git commit-tree` runs no hook, but teams check messages in the hook. The hook may rewrite the message.
fn commit_msg_hook(repository: &Repository, message: &str) -> Result<String, Error> {
    let Some(hook) = repository
        .hooks
        .as_ref()
        .map(|hooks| hooks.join("commit-msg"))
    else {
        return Ok(message.to_owned());
    };
    if !hook
        .metadata()
        .is_ok_and(|hook| hook.is_file() && hook.permissions().mode() & 0o111 != 0)
    {
        return Ok(message.to_owned());
    }
    let path = repository.git_dir.join("WAXCTL_EDITMSG");
    let file = |doing, source| Error::File {
        doing,
        path: path.clone(),
        source,
    };
    std::fs::write(&path, message).map_err(|source| file("write", source))?;
    let args: [&OsStr; 5] = [
        "hook".as_ref(),
        "run".as_ref(),
        "commit-msg".as_ref(),
        "--".as_ref(),
        path.as_os_str(),
    ];
    let answer = repository.git.ask(&args)?;
    let edited = std::fs::read_to_string(&path).map_err(|source| file("read", source));
    std::fs::remove_file(&path).map_err(|source| file("remove", source))?;
    if answer.code == Some(0) {
        edited
    } else {
        let output = String::from_utf8_lossy(&answer.stdout);
        let detail = format!("{}\n{}", answer.stderr, output.trim_end());
        Err(Error::Hook {
            hook: "commit-msg",
            detail,
        })
    }
}
