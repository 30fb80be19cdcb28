//! The name of a Dataflow, and from it the name of every object that belongs to it.

use std::fmt;
use std::str::FromStr;

use crate::code::CodeHash;
use crate::revision::RevisionId;

#[cfg(test)]
mod tests;

/// Longest name of a Dataflow: `NAME-probe-` and ten hex digits must fit into a label of 63.
pub const MAX_LENGTH: usize = 45;

/// Name of a Dataflow that is fit for every child object.
///
/// The children include Services, so it must be a DNS label that starts with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataflowName(String);

/// Says why a name can't be a Dataflow's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is no name.
    #[error("is empty")]
    Empty,
    /// The name is longer than [`MAX_LENGTH`].
    #[error("has {0} characters, at most {MAX_LENGTH} are possible")]
    TooLong(usize),
    /// The name starts with something else than a letter.
    #[error("starts with `{0}`, it must start with a lower-case letter")]
    FirstCharacter(char),
    /// The name ends with a dash.
    #[error("ends with `-`, it must end with a lower-case letter or a digit")]
    LastCharacter,
    /// A character is not allowed anywhere.
    #[error("contains `{0}`, only lower-case letters, digits and `-` are possible")]
    Character(char),
}

impl DataflowName {
    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// StatefulSet of the processes.
    #[must_use]
    pub fn stateful_set(&self) -> String {
        self.0.clone()
    }

    /// Headless Service through which the processes find each other.
    #[must_use]
    pub fn headless_service(&self) -> String {
        self.0.clone()
    }

    /// Service in front of the pods' API.
    #[must_use]
    pub fn api_service(&self) -> String {
        format!("{}-api", self.0)
    }

    /// Immutable ConfigMap that holds one version of the code.
    #[must_use]
    pub fn snapshot(&self, hash: &CodeHash) -> String {
        format!("{}-code-{}", self.0, hash.short())
    }

    /// ControllerRevision that records what a revision was.
    #[must_use]
    pub fn controller_revision(&self, revision: &RevisionId) -> String {
        format!("{}-{revision}", self.0)
    }

    /// Pod that tries a revision before it is started.
    #[must_use]
    pub fn probe_pod(&self, revision: &RevisionId) -> String {
        format!("{}-probe-{revision}", self.0)
    }

    /// Claim of the recovery volume of one process, as its StatefulSet names it.
    #[must_use]
    pub fn recovery_claim(&self, ordinal: u32) -> String {
        format!("recovery-{}-{ordinal}", self.0)
    }

    /// Claim of the one recovery volume of all processes.
    #[must_use]
    pub fn shared_recovery_claim(&self) -> String {
        format!("{}-recovery", self.0)
    }

    /// Pod of one part of a change of the recovery store.
    #[must_use]
    pub fn store_pod(&self, change_number: i64, part: u32) -> String {
        format!("{}-store-{change_number}-{part}", self.0)
    }

    /// Pod of one process.
    #[must_use]
    pub fn pod(&self, index: u32) -> String {
        format!("{}-{index}", self.0)
    }

    /// Index of the process that a pod of this Dataflow runs, by the pod's name.
    #[must_use]
    pub fn pod_index(&self, pod: &str) -> Option<u32> {
        let digits = pod.strip_prefix(self.as_str())?.strip_prefix('-')?;
        let index: u32 = digits.parse().ok()?;
        (self.pod(index) == pod).then_some(index)
    }

    /// ConfigMap generator of the code in git.
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
