//! Objections against a commit that takes back changes of others: an error of `df commit`, warnings of `df diff`.

use gitops::age::age_since;
use gitops::trailer::SourceCommit;
use jiff::Timestamp;

use crate::error::CommandError;
use crate::git::Commit;

/// A reason not to commit without a word of the user.
#[derive(Debug, Clone)]
pub(crate) enum Objection {
    /// The source lacks what this commit changed.
    TakesBack {
        /// The commit.
        commit: Commit,
        /// The lines, each with its file.
        lines: Vec<String>,
    },
    /// The source is older than the one that the newest render was made from.
    OlderSource {
        /// The present source.
        source: SourceCommit,
        /// The newer source.
        newer: SourceCommit,
        /// The newest render.
        commit: Commit,
    },
    /// The flow was removed from git.
    Removed {
        /// The commit that removed it.
        commit: Commit,
    },
}

impl Objection {
    /// Returns the objection as one sentence for people.
    pub(crate) fn text(&self, now: Timestamp) -> String {
        match self {
            Self::TakesBack { commit, lines } => {
                format!("takes back {} of {}", lines.join(", "), author(commit, now))
            }
            Self::OlderSource {
                source,
                newer,
                commit,
            } => format!(
                "the source is at {}, but {} was made from {}, which is newer",
                short(source),
                author(commit, now),
                short(newer)
            ),
            Self::Removed { commit } => format!("it was removed by {}", author(commit, now)),
        }
    }
}

/// Returns the error for a commit against which something speaks.
pub(crate) fn refusal(objections: &[Objection], folder: &str, now: Timestamp) -> CommandError {
    let (message, hint) = match objections.first() {
        Some(Objection::OlderSource { .. }) => (
            format!("the source is older than what is in {folder}"),
            "update the source (`git pull`), then commit again",
        ),
        Some(Objection::Removed { .. }) => (
            format!("{folder} was removed from git"),
            "if it should stay removed, there is nothing to commit",
        ),
        _ => (
            format!("the source lacks changes of others in {folder}"),
            "copy them from git into your source, then commit again",
        ),
    };
    let texts = objections.iter().map(|objection| objection.text(now));
    texts
        .fold(CommandError::policy(message), CommandError::because)
        .hint(hint)
        .hint("or commit it nevertheless: add `--take-back`")
}

/// Returns a commit with its author and age.
pub(super) fn author(commit: &Commit, now: Timestamp) -> String {
    let age = age_since(now, commit.time);
    format!("{} by {}, {age} ago", commit.id.short(), commit.author)
}

fn short(source: &SourceCommit) -> String {
    source.commit.chars().take(7).collect()
}
