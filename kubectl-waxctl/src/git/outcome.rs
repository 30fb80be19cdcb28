//! The result of a commit or a push.

use super::object_id::ObjectId;

/// The result of a commit or a push, for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// The new commit; `None` when there was nothing to commit.
    pub(crate) commit: Option<ObjectId>,
    /// Warnings: leftovers that were removed, pushes that were repeated, a local branch that stays.
    pub(crate) notes: Vec<String>,
}
