//! Requests to the Kubernetes API server. No other module makes any.
//!
//! This module only sends requests and returns the responses. Decisions and formatting are elsewhere. Begin reading in
//! [`session`].

pub(crate) mod agents;
pub(crate) mod apply;
pub(crate) mod claims;
mod connection;
pub(crate) mod credentials;
pub(crate) mod dataflows;
pub(crate) mod denial;
pub(crate) mod events;
pub(crate) mod evidence;
mod exchange;
pub(crate) mod explain;
pub(crate) mod field_change;
pub(crate) mod graph;
pub(crate) mod identity;
mod in_cluster;
pub(crate) mod inventory;
pub(crate) mod kubeconfig;
mod own_secrets;
pub(crate) mod pods;
pub(crate) mod process_state;
pub(crate) mod proxy;
pub(crate) mod recovery_action;
pub(crate) mod release;
pub(crate) mod rollout;
pub(crate) mod session;
mod transport;

pub(crate) use session::{Session, block_on};
