//! The one room that talks to a Kubernetes API server.
//!
//! Everything that decides or formats lies outside; what stands here sends requests and returns what came back.

pub(crate) mod agents;
pub(crate) mod apply;
pub(crate) mod claims;
pub(crate) mod dataflows;
pub(crate) mod denial;
pub(crate) mod explain;
pub(crate) mod kubeconfig;
pub(crate) mod pods;
pub(crate) mod process_state;
pub(crate) mod proxy;
pub(crate) mod recovery_action;
pub(crate) mod rollout;
pub(crate) mod session;

pub(crate) use session::{Session, block_on};
