//! What every pod of a revision is made from.

use super::context::PlanContext;
use crate::code::CodeHash;
use crate::revision::RevisionId;
use crate::validate::ValidatedDataflow;

/// Everything that a pod is made from.
pub(super) struct Template<'a> {
    pub(super) dataflow: &'a ValidatedDataflow,
    pub(super) revision: &'a RevisionId,
    pub(super) code: &'a CodeHash,
    pub(super) context: &'a PlanContext,
}
