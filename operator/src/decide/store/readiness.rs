//! Whether a gang may be started on the store.

use dataflow::plan;

use crate::decide::deed::Decision;

/// Whether a gang may be started on the store.
#[expect(clippy::large_enum_variant, reason = "there is one for each pass")]
pub(crate) enum Readiness {
    /// It may; this is what it is told. Nothing for a flow that keeps no state.
    Ready(Option<plan::StoreLayout>),
    /// Something must be done first, or waited for.
    NotYet(Decision),
}
