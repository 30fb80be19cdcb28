//! Reads and writes canonical YAML, which every YAML reader understands in the same way.
//!
//! The text becomes part of the users' git history, so its form never changes:
//!
//! - block style with an indentation of two spaces, and keys in the order of the type;
//! - a text of several lines is a literal block, and no line is folded;
//! - a text is quoted if a YAML 1.1 reader, such as kubectl, would read it as another type.
//!
//! This is the only module that depends on the crate that reads and writes YAML.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_ignored::Path;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{DeserializeError, MessageFormatter, UserMessageFormatter};

mod node;

#[cfg(test)]
mod tests;

use node::Node;

/// Error: a value cannot be written, or a text cannot be read. A reading error contains line and column.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// The value cannot be represented in YAML for Kubernetes.
    #[error("cannot write the value as YAML: {0}")]
    Write(String),
    /// The text is not YAML, or does not have the form of the type.
    #[error("{full}")]
    Read {
        /// Message of several lines that shows the place in the text.
        full: String,
        /// Message of one line with line and column.
        brief: String,
        /// Line and column, both from 1.
        position: Option<(u64, u64)>,
    },
    /// The text has fields that the type does not have; the paths of these fields.
    #[error("unknown field{} {}", if .0.len() == 1 { "" } else { "s" }, .0.join(", "))]
    UnknownFields(Vec<String>),
}

/// Writes a value as canonical YAML.
///
/// # Errors
///
/// Fails only for values that JSON cannot represent either, such as maps with keys that are not text.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, YamlError> {
    // JSON keeps the order of the fields and has only the types that Kubernetes knows.
    let json = serde_json::to_string(value).map_err(|error| YamlError::Write(error.to_string()))?;
    let node: Node =
        serde_json::from_str(&json).map_err(|error| YamlError::Write(error.to_string()))?;
    let options = serde_saphyr::ser_options! {
        indent_step: 2,
        compact_list_indent: true,
        prefer_block_scalars: false,
        yaml_12: false,
    };
    serde_saphyr::to_string_with_options(&node, options)
        .map_err(|error| YamlError::Write(error.to_string()))
}

/// Reads a value of a known type. A duplicate key is an error.
///
/// # Errors
///
/// Fails if the text is not YAML or does not have the form of the type. The message shows the line.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    serde_saphyr::from_str(text).map_err(|error| unreadable(&error))
}

/// Reads a value of a known type and returns an error for fields that the type does not have.
///
/// Otherwise a program that reads a text and writes it again would drop a misspelt field without an error.
///
/// # Errors
///
/// Fails as [`from_str`] does, and with the paths of all unknown fields.
pub fn from_str_strict<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    let mut unknown = Vec::new();
    let value = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
        serde_ignored::deserialize(deserializer, |path| unknown.push(field_path(&path)))
    })
    .map_err(|error| unreadable(&error))?;
    // Types of resources do not have these two fields, because their kind is fixed.
    unknown.retain(|path| path != "apiVersion" && path != "kind");
    if unknown.is_empty() {
        Ok(value)
    } else {
        Err(YamlError::UnknownFields(unknown))
    }
}

/// Reads the first document of a text that other programs wrote, as kubectl does: of a duplicate key the last value
/// counts. A text without a document is null.
///
/// # Errors
///
/// Fails if the document is not YAML.
pub fn first_document(text: &str) -> Result<serde_json::Value, YamlError> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::LastWins,
    };
    serde_saphyr::from_str_with_options(up_to_second_document(text), options)
        .map_err(|error| unreadable(&error))
}

/// Cuts a text before the marker that ends its first document.
fn up_to_second_document(text: &str) -> &str {
    let mut seen = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let word = line.trim_end();
        let marker = word == "---" || word.starts_with("--- ");
        if word == "..." || (marker && seen) {
            return &text[..start];
        }
        let comment = word.is_empty() || word.starts_with(['#', '%']);
        seen |= marker || !comment;
        start += line.len();
    }
    text
}

/// Returns the path in the form that the faults of a spec use: `spec.env[0].valu`.
fn field_path(path: &Path<'_>) -> String {
    match path {
        Path::Root => String::new(),
        Path::Map { parent, key } => match field_path(parent) {
            parent if parent.is_empty() => key.clone(),
            parent => format!("{parent}.{key}"),
        },
        Path::Seq { parent, index } => format!("{}[{index}]", field_path(parent)),
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => field_path(parent),
    }
}

fn unreadable(error: &DeserializeError) -> YamlError {
    YamlError::Read {
        full: error.render_with_formatter(&Wording),
        brief: error.without_snippet().render_with_formatter(&Wording),
        position: error
            .location()
            .map(|location| (location.line(), location.column())),
    }
}

/// Formats messages for people who know YAML but not Rust's types.
struct Wording;

impl MessageFormatter for Wording {
    fn format_message<'a>(&self, error: &'a DeserializeError) -> Cow<'a, str> {
        match error {
            DeserializeError::InvalidScalar {
                ty: "i32" | "i64" | "u32" | "u64",
                ..
            } => "a whole number is expected here".into(),
            _ => UserMessageFormatter.format_message(error),
        }
    }
}

impl YamlError {
    /// Returns the message in one line, with line and column but without an excerpt of the text.
    #[must_use]
    pub fn brief(&self) -> String {
        match self {
            Self::Write(_) | Self::UnknownFields(_) => self.to_string(),
            Self::Read { brief, .. } => brief.clone(),
        }
    }

    /// Returns line and column of a reading error, for texts that no message may repeat.
    #[must_use]
    pub fn position(&self) -> Option<(u64, u64)> {
        match self {
            Self::Write(_) | Self::UnknownFields(_) => None,
            Self::Read { position, .. } => *position,
        }
    }

    /// Returns the number of the line, from 1, if the place of the error is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        let (line, _) = self.position()?;
        usize::try_from(line).ok()
    }
}
