//! The causes of each error of module `git`: what git, a hook or a remote said, and the files that are concerned.

use super::Error;
use crate::git::object_id::ObjectId;
use crate::git::url;

impl Error {
    /// Returns the causes, without those of the source.
    pub(super) fn details(&self) -> Vec<String> {
        match self {
            // Git prints this message on several lines.
            Error::Unopened { detail, .. } => {
                vec![detail.split_whitespace().collect::<Vec<_>>().join(" ")]
            }
            Error::NotARepository { detail, .. }
            | Error::Command { detail, .. }
            | Error::NoIdentity(detail)
            | Error::Fetch { detail, .. }
            | Error::Unreachable { detail, .. }
            | Error::BranchRefused { detail, .. }
            | Error::TooShallow { detail, .. }
            | Error::Refused { detail, .. } => lines(detail),
            Error::NotPushed {
                detail, in_doubt, ..
            } => {
                let outcome = match in_doubt {
                    true => "it is not known whether the commit has arrived",
                    false => "nothing was pushed",
                };
                let mut details = lines(detail);
                details.push(outcome.into());
                details
            }
            Error::PushedInPart {
                commit,
                landed,
                missed,
                detail,
                ..
            } => {
                let mut details = of_addresses(commit, landed, missed);
                details.extend(lines(detail));
                details
            }
            Error::Hook { detail, edits, .. } => {
                let mut details = lines(detail);
                details.extend(edits.iter().map(ToString::to_string));
                details
            }
            Error::HookChanged { staged, edits, .. } => {
                let mut details: Vec<String> = edits.iter().map(ToString::to_string).collect();
                details.extend(staged.iter().map(|path| format!("{path} was staged")));
                details.push("waxctl commits what it has rendered, checked and shown".into());
                details
            }
            Error::Dirty(paths) => paths
                .iter()
                .map(|path| format!("{path} has uncommitted changes"))
                .collect(),
            Error::Indiscreet(_) => vec![
                "it contains a secret that every user of this machine would see while git runs"
                    .into(),
            ],
            Error::Collision { .. } => vec!["they are the same file on macOS and Windows".into()],
            Error::BareAmongFiles { .. } => {
                vec!["its settings can name programs, which git would run".into()]
            }
            Error::Sparse(_) => vec!["its files are not on the disk".into()],
            _ => Vec::new(),
        }
    }

    /// Returns the error with its causes in one line, for a note.
    pub(in crate::git) fn in_one_line(&self) -> String {
        let mut parts = vec![self.to_string()];
        parts.extend(self.details());
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            parts.push(cause.to_string());
            source = cause.source();
        }
        url::clean(&parts.join(": "))
    }
}

// Returns the lines of a message that are not empty.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim_end);
    lines
        .filter(|line| !line.is_empty())
        .map(Into::into)
        .collect()
}

// Tells which addresses of a remote have the commit.
fn of_addresses(commit: &ObjectId, landed: &[String], missed: &[String]) -> Vec<String> {
    let id = commit.short();
    let landed = landed.iter().map(|address| format!("{address} has {id}"));
    let missed = missed
        .iter()
        .map(|address| format!("{address} does not have {id}"));
    landed.chain(missed).collect()
}
