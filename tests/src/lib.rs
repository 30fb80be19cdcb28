//! Harness of the whole-path tests: a real Kubernetes cluster in a box, our images in it, a namespace
//! and an operator for each test, the real `kubectl`, `git` and `kubectl-waxctl`.
//!
//! Tests run beside each other on one box, each in its own namespace with its own operator process, so
//! that one may kill its operator without the others noticing. What disturbs a whole cluster (another
//! CRD, a stopped kubelet) uses the second box, [`cluster::Cluster::disruptive`].
//!
//! No test uses the current context: the cluster is a box of ours, or the one that the environment
//! variable `WAX_KUBECONFIG` names.

pub mod audit;
pub mod cluster;
pub mod command;
pub mod continuity;
pub mod conversation;
pub mod counting;
pub mod engine;
pub mod flow_repository;
pub mod gang;
pub mod local;
pub mod namespace;
pub mod operator;
pub mod partitions;
pub mod pods;
pub mod ports;
pub mod processes;
pub mod programs;
pub mod proxy;
pub mod restricted;
pub mod s3;
pub mod sample;
pub mod sidecar;
pub mod volumes;
pub mod wait;

pub use cluster::Cluster;
pub use namespace::TestNamespace;
