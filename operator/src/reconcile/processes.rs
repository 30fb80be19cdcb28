//! Where the agents of a gang listen.

use crate::observe::View;
use crate::observed::RevisionRef;

/// The port of the agents of the pods that run.
pub(super) fn api_port(view: &View) -> i32 {
    view.prepared(RevisionRef::Running)
        .map_or(dataflow::chart_values::DEFAULT_API_PORT, |running| {
            running.validated.chart.api_port()
        })
}
