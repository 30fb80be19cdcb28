//! Looks up the revision that an operation refers to.

use dataflow::plan::Plan;

use crate::error::{Race, ReconcileError};
use crate::observe::{Prepared, View};
use crate::observed::RevisionRef;

/// Returns the prepared revision.
pub(super) fn prepared(view: &View, which: RevisionRef) -> Result<&Prepared, ReconcileError> {
    // An operation refers only to observed revisions. If one is missing nevertheless, the next
    // reconcile decides again.
    view.prepared(which).ok_or(ReconcileError::Overtaken {
        action: "find the revision of an operation",
        race: Race::Gone,
    })
}

/// Returns the plan of a revision, for those children that do not depend on a start number.
pub(super) fn planned(view: &View, which: RevisionRef) -> Result<Plan, ReconcileError> {
    Ok(prepared(view, which)?.plan(&view.namespace(), &view.uid(), 0, None))
}
