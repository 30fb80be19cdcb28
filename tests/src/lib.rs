//! Whole-path tests on a real cluster.
