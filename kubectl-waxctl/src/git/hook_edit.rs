//! A file of a commit that was changed while a hook ran, and what has become of the change.

use std::fmt;

use super::object_id::ObjectId;

/// A file that was changed while a hook ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HookEdit {
    pub(super) path: String,
    pub(super) outcome: Outcome,
}

/// What has become of the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The file is as before; the changed content is in this object.
    Stored(ObjectId),
    /// The file was removed, and is back.
    Restored,
    /// The file keeps the change.
    Stays,
}

impl HookEdit {
    /// Returns the object with the changed content, if the file does not keep it.
    pub(super) fn object(&self) -> Option<&ObjectId> {
        match &self.outcome {
            Outcome::Stored(id) => Some(id),
            Outcome::Restored | Outcome::Stays => None,
        }
    }

    /// Whether the file keeps the change.
    pub(super) fn stays(&self) -> bool {
        self.outcome == Outcome::Stays
    }
}

impl fmt::Display for HookEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.outcome {
            Outcome::Stored(id) => write!(
                f,
                "{path} was changed while the hook ran; it is as before, and the change is in git object {}",
                id.short()
            ),
            Outcome::Restored => write!(
                f,
                "{path} was removed while the hook ran; it is back as before"
            ),
            Outcome::Stays => write!(f, "{path} was changed while the hook ran, and stays so"),
        }
    }
}
