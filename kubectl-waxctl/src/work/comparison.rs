//! What sources would change: each rendered onto what there is, in git or in the cluster.

pub(crate) mod cluster;
pub(crate) mod git;
mod pair;
