//! The controller that runs every Dataflow as a gang of processes.
