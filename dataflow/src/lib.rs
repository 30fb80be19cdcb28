//! The Dataflow resource and everything that can be computed from it.
