//! API port of the agents of a gang.

use crate::observe::View;
use crate::observed::RevisionRef;

/// Returns the API port of the running revision's agents.
pub(super) fn api_port(view: &View) -> i32 {
    view.prepared(RevisionRef::Running)
        .map_or(dataflow::chart_values::DEFAULT_API_PORT, |running| {
            running.validated.chart.api_port()
        })
}
