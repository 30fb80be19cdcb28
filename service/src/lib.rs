//! Verification of bearer tokens of any OpenID Connect provider, shared by the servers.
//!
//! - [`provider`] reads the settings, and names all their faults at once; [`weakness`] names those that accept more
//!   than is safe.
//! - [`bearer`] reads the token of a request.
//! - [`verifier`] turns a token into an identity, with the user name and the groups that Kubernetes knows.
//! - [`refusal`] says why a request has no identity, and what to do next.
//!
//! Decisions are functions of bytes, settings, keys and a [`moment`]. Only [`client`], `key_source` and
//! `answer_source` talk to the provider.

pub mod algorithm;
mod answer_source;
mod answers;
pub mod bearer;
pub mod claims;
pub mod client;
pub mod discovery;
pub mod endpoint;
pub mod fault;
mod guarded;
pub mod json;
pub mod jwk;
pub mod jws;
mod key_source;
pub mod key_store;
pub mod kind;
pub mod mapping;
pub mod moment;
pub mod opaque;
pub mod provider;
pub mod refusal;
pub mod remedy;
pub mod verifier;
pub mod weakness;
