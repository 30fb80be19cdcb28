//! The trailers of a commit: lines of its message that say which flow it renders, and what that render was made from.
//!
//! They are found anywhere in a message: a forge that squashes commits quotes, indents or lists their messages.

use std::fmt;

const DATAFLOW: &str = "Waxctl-Dataflow";
const RENDER: &str = "Waxctl-Render";
const BASE: &str = "Waxctl-Base";
const SOURCE: &str = "Waxctl-Source";
const DIRTY: &str = "-dirty";
/// The render of a commit that changes the flow in git without a source.
const NO_RENDER: &str = "none";

/// What a render was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Identity of the render alone, without changes of others that the commit kept
    /// (`lineage::identity`).
    pub render: Option<String>,
    /// The commit whose render it continues; only if the commit kept changes of others.
    pub base: Option<String>,
    /// The commit of the source, if the source is in a git repository.
    pub source: Option<SourceCommit>,
}

/// The place of a source in its own git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCommit {
    /// The commit that was checked out.
    pub commit: String,
    /// Whether the source had changes that were not committed.
    pub dirty: bool,
    /// Path of the source in that repository.
    pub path: String,
}

impl fmt::Display for SourceCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dirty = if self.dirty { DIRTY } else { "" };
        write!(f, "{}{dirty} {}", self.commit, self.path)
    }
}

/// Returns the line that commits of a flow contain, for a search.
#[must_use]
pub fn marker(environment: &str, name: &str) -> String {
    format!("{DATAFLOW}: {environment}/{name}")
}

/// Returns the origins of all renders of a flow that a message names; empty if the commit renders another flow, changes
/// this one without a source, or reverts a commit.
#[must_use]
pub fn origins(message: &str, environment: &str, name: &str) -> Vec<Origin> {
    let lines = || message.lines().map(unquoted);
    if lines().any(|line| line.starts_with("This reverts commit ")) {
        return Vec::new();
    }
    let wanted = format!("{environment}/{name}");
    let (mut found, mut inside) = (Vec::new(), false);
    for (key, value) in lines().filter_map(|line| line.split_once(": ")) {
        let value = value.trim();
        if key == DATAFLOW {
            inside = value == wanted;
            if inside {
                found.push(Origin::default());
            }
        } else if key == RENDER && value == NO_RENDER && inside {
            found.pop();
            inside = false;
        } else if let Some(origin) = found.last_mut().filter(|_| inside) {
            match key {
                RENDER => origin.render = Some(value.to_owned()),
                BASE => origin.base = Some(value.to_owned()),
                SOURCE => origin.source = source(value),
                _ => {}
            }
        }
    }
    found
}

/// Returns the trailers of one flow, one in each line.
pub(crate) fn write(environment: &str, name: &str, origin: Option<&Origin>) -> String {
    let mut text = format!("{}\n", marker(environment, name));
    let Some(origin) = origin else {
        return format!("{text}{RENDER}: {NO_RENDER}\n");
    };
    let mut line = |key: &str, value: Option<String>| {
        text.extend(value.map(|value| format!("{key}: {value}\n")));
    };
    line(RENDER, origin.render.clone());
    line(BASE, origin.base.clone());
    line(SOURCE, origin.source.as_ref().map(ToString::to_string));
    text
}

/// Returns a line without the signs of quotes and lists.
fn unquoted(line: &str) -> &str {
    line.trim_start_matches(|c: char| c.is_whitespace() || "*->#+|".contains(c))
}

fn source(value: &str) -> Option<SourceCommit> {
    let (commit, path) = value.split_once(' ')?;
    let clean = commit.strip_suffix(DIRTY);
    Some(SourceCommit {
        commit: clean.unwrap_or(commit).to_owned(),
        dirty: clean.is_some(),
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn origin() -> Origin {
        Origin {
            render: Some("f00d".to_owned()),
            base: Some("beef".to_owned()),
            source: Some(SourceCommit {
                commit: "cafe".to_owned(),
                dirty: true,
                path: "flows/my orders.py".to_owned(),
            }),
        }
    }

    #[rstest]
    #[case::last("Title\n\n{}")]
    #[case::quoted("Title\n\n> {}\n\nReviewed.")]
    #[case::indented("Title\n\n    {}")]
    #[case::in_a_list(
        "Title\n\n* Update dataflow orders\n\n  - {}\nCo-authored-by: Bo <bo@example.com>"
    )]
    #[case::after_another_flow("Title\n\nWaxctl-Dataflow: prod/orders-2\nWaxctl-Render: 1\n{}")]
    fn trailers_are_found_anywhere(#[case] message: &str) {
        let trailers = write("prod", "orders", Some(&origin()));
        let indent: String = message.split("{}").next().unwrap_or_default().into();
        let indent = indent.rsplit('\n').next().unwrap_or_default();
        let trailers = trailers.trim_end().replace('\n', &format!("\n{indent}"));
        let message = message.replace("{}", &trailers);
        assert_eq!(origins(&message, "prod", "orders"), [origin()], "{message}");
    }

    #[rstest]
    #[case::other_flow("Waxctl-Dataflow: prod/orders-2")]
    #[case::other_environment("Waxctl-Dataflow: dev/orders")]
    #[case::in_a_sentence("it lacks Waxctl-Dataflow: prod/orders")]
    #[case::without_a_render("Waxctl-Dataflow: prod/orders\nWaxctl-Render: none")]
    #[case::of_a_revert("This reverts commit cafe.\n\nWaxctl-Dataflow: prod/orders")]
    fn other_messages_have_no_origin(#[case] message: &str) {
        assert_eq!(origins(message, "prod", "orders"), []);
    }
}
