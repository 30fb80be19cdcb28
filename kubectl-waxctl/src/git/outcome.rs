//! What a commit or a push did.

use super::object_id::ObjectId;

/// What a commit or a push did, for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// The new commit; `None` when there was nothing to commit.
    pub(crate) commit: Option<ObjectId>,
    /// What else is worth a line: leftovers removed, races run again, a local branch left behind.
    pub(crate) notes: Vec<String>,
}
