//! Reads the graph of a flow from the cluster.

use gitops::graph::Graph;

use super::lookup;
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;

/// Returns the graph that the engine of a Dataflow has loaded.
///
/// # Errors
/// There is no such Dataflow, or none of its processes can say it.
pub(crate) fn of_running(name: &str, access: &Access) -> Result<Graph, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        lookup::present(&session, name).await?;
        session.graph(name).await
    })
}
