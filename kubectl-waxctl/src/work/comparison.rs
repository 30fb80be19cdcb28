//! Compares sources with git or the cluster: each source is rendered onto the present flow.

pub(crate) mod cluster;
pub(crate) mod git;
mod pair;
