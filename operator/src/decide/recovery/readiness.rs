//! The readiness of the recovery store for a start.

use dataflow::plan;

use crate::decide::decision::Next;

/// The readiness of the recovery store for a start.
#[expect(clippy::large_enum_variant, reason = "there is one for each reconcile")]
pub(crate) enum Readiness {
    /// The gang can start with this layout; `None` for a flow that keeps no state.
    Ready(Option<plan::StoreLayout>),
    /// An operation, a question or a wait comes first.
    NotYet(Next),
}
