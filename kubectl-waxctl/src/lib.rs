//! The kubectl plugin that takes a Bytewax flow from a file through git to a cluster.
