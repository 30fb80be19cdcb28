//! Canonical YAML: what one function here writes, every other reader understands the same way.
//!
//! The text is part of our users' git history, so its form is frozen: two spaces, block style, keys
//! in the order of the type, multi-line text as a literal block, nothing folded, and quotes around
//! every text that YAML 1.1 readers (kubectl among them) would take for something else.
//!
//! This is the only place that knows which crate reads and writes YAML.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_ignored::Path;
use serde_saphyr::{DeserializeError, MessageFormatter, UserMessageFormatter};

mod node;

#[cfg(test)]
mod tests;

use node::Node;

/// Says why a value can't be written or a text can't be read; a reading error has line and column.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// The value is none that YAML for Kubernetes can carry.
    #[error("this can't be written as YAML: {0}")]
    Write(String),
    /// The text is no YAML, or not of the wanted form.
    #[error("{full}")]
    Read {
        /// Several lines that show the place in the text.
        full: String,
        /// One line that names it.
        brief: String,
    },
    /// The text has fields that the form does not know, named by their paths.
    #[error("unknown field{} {}", if .0.len() == 1 { "" } else { "s" }, .0.join(", "))]
    UnknownFields(Vec<String>),
}

/// Writes a value as canonical YAML.
///
/// # Errors
///
/// Fails only for values that JSON can't carry either, such as maps with keys that are no text.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, YamlError> {
    // JSON keeps the order of the fields and leaves only the few kinds that Kubernetes knows.
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

/// Reads a value of a known type. A key that is there twice is an error.
///
/// # Errors
///
/// Fails if the text is no YAML or does not have the form of the type; the message shows the line.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    serde_saphyr::from_str(text).map_err(|error| unreadable(&error))
}

/// Reads a value of a known type and refuses fields that the type does not have.
///
/// A text that is read in order to be written again would otherwise lose a misspelt field silently.
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
    // Types of resources know their own kind and skip these two.
    unknown.retain(|path| path != "apiVersion" && path != "kind");
    if unknown.is_empty() {
        Ok(value)
    } else {
        Err(YamlError::UnknownFields(unknown))
    }
}

/// The path as the faults of a spec name it: `spec.env[0].valu`.
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
    }
}

/// Messages for people who know YAML but not the types of this program.
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
    /// The message in one line: line and column in numbers, and no excerpt of the text.
    #[must_use]
    pub fn brief(&self) -> String {
        match self {
            Self::Write(_) | Self::UnknownFields(_) => self.to_string(),
            Self::Read { brief, .. } => brief.clone(),
        }
    }
}
