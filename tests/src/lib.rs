//! Harness of the whole-path tests. Each test gets a namespace and an operator in a real Kubernetes cluster with
//! our images, and the real `kubectl`, `git` and `kubectl-waxctl`.
//!
//! Tests run in parallel on one box (`tests/cluster/`). Each has its own namespace and its own operator process, so
//! a test may kill its operator without disturbing the others. A test that disturbs the whole cluster (another
//! CRD, a stopped kubelet) uses the second box, [`cluster::Cluster::disruptive`].
//!
//! No test uses the current context of the machine. The cluster is a box, or the one that the environment variable
//! `WAX_KUBECONFIG` names.
//!
//! Begin reading with [`namespace::TestNamespace`], and with [`continuity`] for tests of state.

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
