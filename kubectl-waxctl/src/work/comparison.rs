//! Compares sources with git or the cluster: each source is rendered onto the present flow.

pub(crate) mod cluster;
pub(crate) mod git;
pub(in crate::work) mod pair;
