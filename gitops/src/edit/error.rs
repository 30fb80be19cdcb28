//! Why a file was not edited.

use thiserror::Error;

/// Why a file was not edited. Nothing has been changed then.
#[derive(Debug, Error)]
pub enum EditError {
    /// The file is not readable as what it should be.
    #[error("cannot read it")]
    Unreadable(#[source] dataflow::yaml::YamlError),
    /// The value stands in a form that is not edited.
    #[error("{path} is written in a form that waxctl does not edit ({form})")]
    Form {
        /// Path of the value.
        path: String,
        /// What was found.
        form: &'static str,
    },
    /// Reading the edited text back gave something else.
    #[error("the edited file would not say what was meant; it was left alone")]
    Unverified,
    /// The value could not be written as YAML.
    #[error("cannot write the value of {0} as YAML")]
    Unwritable(String),
}
