//! The result of a commit or a push.

use super::object_id::ObjectId;
use crate::error::CommandError;

/// The result of a commit or a push, for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// The new commit; `None` when there was nothing to commit.
    pub(crate) commit: Option<ObjectId>,
    /// What the remote said about the push, such as where to open a merge request.
    pub(crate) said: Vec<String>,
    /// Warnings: leftovers that were removed, pushes that were repeated, a local branch that stays.
    pub(crate) notes: Vec<String>,
    /// The error with which the command ends, although the commit is made: an address of the remote has not accepted it.
    pub(crate) unfinished: Option<Box<CommandError>>,
}

impl Done {
    /// Returns the result if there was nothing to commit.
    pub(super) fn nothing(notes: Vec<String>) -> Done {
        Done {
            commit: None,
            said: Vec::new(),
            notes,
            unfinished: None,
        }
    }
}
