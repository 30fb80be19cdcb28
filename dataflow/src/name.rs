//! The name of a Dataflow, and the names of its child objects, which are derived from it.

use std::fmt;
use std::str::FromStr;

use crate::code::CodeHash;
use crate::revision::RevisionId;

#[cfg(test)]
mod tests;

/// Maximum length of the name of a Dataflow. `NAME-probe-` and ten hex digits must fit into a label of 63 characters.
pub const MAX_LENGTH: usize = 45;

/// Valid name of a Dataflow, from which a valid name of every child can be derived.
///
/// The children include Services, so the name is a DNS label that starts with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataflowName(String);

/// Error: a text is not a valid name of a Dataflow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name is empty.
    #[error("is empty")]
    Empty,
    /// The name is longer than [`MAX_LENGTH`].
    #[error("has {0} characters, but at most {MAX_LENGTH} are allowed")]
    TooLong(usize),
    /// The name does not start with a lower-case letter.
    #[error("starts with `{0}`, but must start with a lower-case letter")]
    FirstCharacter(char),
    /// The name ends with a dash.
    #[error("ends with `-`, but must end with a lower-case letter or a digit")]
    LastCharacter,
    /// The name contains a character that is not allowed.
    #[error("contains `{0}`, but only lower-case letters, digits and `-` are allowed")]
    Character(char),
}

impl DataflowName {
    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the StatefulSet of the processes.
    #[must_use]
    pub fn stateful_set(&self) -> String {
        self.0.clone()
    }

    /// Returns the name of the headless Service, through which the processes find each other.
    #[must_use]
    pub fn headless_service(&self) -> String {
        self.0.clone()
    }

    /// Returns the name of the Service of the pods' API.
    #[must_use]
    pub fn api_service(&self) -> String {
        format!("{}-api", self.0)
    }

    /// Returns the name of the immutable ConfigMap with one version of the code.
    #[must_use]
    pub fn code_config_map(&self, hash: &CodeHash) -> String {
        format!("{}-code-{}", self.0, hash.short())
    }

    /// Returns the name of the ControllerRevision that records a revision.
    #[must_use]
    pub fn controller_revision(&self, revision: &RevisionId) -> String {
        format!("{}-{revision}", self.0)
    }

    /// Returns the name of the probe pod of a revision.
    #[must_use]
    pub fn probe_pod(&self, revision: &RevisionId) -> String {
        format!("{}-probe-{revision}", self.0)
    }

    /// Returns the name of the PVC of one process's recovery volume. The StatefulSet derives the same name.
    #[must_use]
    pub fn recovery_claim(&self, ordinal: u32) -> String {
        format!("recovery-{}-{ordinal}", self.0)
    }

    /// Returns the name of the PVC of the recovery volume that all processes share.
    #[must_use]
    pub fn shared_recovery_claim(&self) -> String {
        format!("{}-recovery", self.0)
    }

    /// Returns the name of the store pod that makes one part of a store change.
    #[must_use]
    pub fn store_pod(&self, step: i64, part: u32) -> String {
        format!("{}-store-{step}-{part}", self.0)
    }

    /// Returns the name of the pod of one process.
    #[must_use]
    pub fn pod(&self, index: u32) -> String {
        format!("{}-{index}", self.0)
    }

    /// Returns the index of the process in a pod's name, or `None` if it is not the name of a process's pod.
    #[must_use]
    pub fn pod_index(&self, pod: &str) -> Option<u32> {
        let digits = pod.strip_prefix(self.as_str())?.strip_prefix('-')?;
        let index: u32 = digits.parse().ok()?;
        (self.pod(index) == pod).then_some(index)
    }

    /// Returns the name of the ConfigMap that is generated from the code in git.
    #[must_use]
    pub fn source(&self) -> String {
        format!("{}-source", self.0)
    }
}

impl FromStr for DataflowName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let first = text.chars().next().ok_or(NameError::Empty)?;
        let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
        if let Some(character) = text.chars().find(|c| !allowed(c)) {
            return Err(NameError::Character(character));
        }
        if !first.is_ascii_lowercase() {
            return Err(NameError::FirstCharacter(first));
        }
        if text.ends_with('-') {
            return Err(NameError::LastCharacter);
        }
        if text.len() > MAX_LENGTH {
            return Err(NameError::TooLong(text.len()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<&str> for DataflowName {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        text.parse()
    }
}

impl fmt::Display for DataflowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
