//! The errors of the YAML editor.

use thiserror::Error;

/// Error: a file was not edited. The file is unchanged.
#[derive(Debug, Error)]
pub enum EditError {
    /// The file does not have the expected type.
    #[error("cannot read the file")]
    Unreadable(#[source] dataflow::yaml::YamlError),
    /// The value is written in a form that is not edited.
    #[error("{path} is written in a form that waxctl does not edit ({form})")]
    Form {
        /// Path of the value.
        path: String,
        /// Form that was found.
        form: &'static str,
    },
    /// The edited text does not have the intended values.
    #[error("the edited file would not have the intended values; it was not changed")]
    Unverified,
    /// The value cannot be written as YAML.
    #[error("cannot write the value of {0} as YAML")]
    Unwritable(String),
}
