//! The one room that talks to a Kubernetes API server.
//!
//! Everything that decides or formats lies outside; what stands here sends requests and returns what came back.

pub mod agents;
pub mod apply;
pub mod claims;
pub mod dataflows;
pub mod denial;
pub mod explain;
pub mod kubeconfig;
pub mod live;
pub mod order;
pub mod pods;
pub mod proxy;
pub mod rollout;
pub mod session;

pub use explain::ClusterError;
pub use session::{Session, block_on};
