//! The inputs from which every pod of a revision is computed.

use super::context::PlanContext;
use crate::code::CodeHash;
use crate::revision::RevisionId;
use crate::validate::ValidatedDataflow;

/// The inputs of a pod.
pub(super) struct Template<'a> {
    pub(super) dataflow: &'a ValidatedDataflow,
    pub(super) revision: &'a RevisionId,
    pub(super) code: &'a CodeHash,
    pub(super) context: &'a PlanContext,
}
