//! The revision that a step is about.

use dataflow::plan::Plan;

use crate::error::{Race, ReconcileError};
use crate::observe::{Prepared, View};
use crate::observed::RevisionRef;

/// The revision, ready to be planned.
pub(super) fn prepared(view: &View, which: RevisionRef) -> Result<&Prepared, ReconcileError> {
    // A step names only what was observed; were it gone, the next pass would decide anew.
    view.prepared(which).ok_or(ReconcileError::Overtaken {
        action: "find the revision of an operation",
        race: Race::Gone,
    })
}

/// The children of a revision, for those that do not hang on a start number.
pub(super) fn planned(view: &View, which: RevisionRef) -> Result<Plan, ReconcileError> {
    Ok(prepared(view, which)?.plan(&view.namespace(), &view.uid(), 0, None))
}
