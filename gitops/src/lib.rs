//! Pure functions for a flow on its way between its Python file, git and the cluster.
//!
//! - [`render`] creates a Dataflow from a source and settings.
//! - [`check`] refuses a Dataflow that could not run.
//! - [`layout`] and [`files`] read and write the flow's folder in git.
//! - [`diff`] and [`loss`] compute the cost of a change.
//! - [`row`] describes a Dataflow in one row of a list.
//!
//! Nothing in this crate does I/O, reads a clock or the environment, or talks to a cluster or a repository. Its errors
//! name the problem; the program that prints them adds hints with commands.

pub mod age;
pub mod check;
pub mod columns;
pub mod deployment;
pub mod diff;
pub mod edit;
pub mod environment;
pub mod event;
pub mod expand;
pub mod file_change;
mod file_name;
pub mod files;
pub mod jsonpath;
mod kustomization;
pub mod layout;
pub mod loss;
pub mod manifests;
pub mod mask;
pub mod merge;
pub mod message;
pub mod object;
pub mod order;
pub mod ownership;
pub mod readiness;
pub mod render;
pub mod rendered;
pub mod resources;
pub mod row;
pub mod scan;
mod secret;
pub mod selector;
pub mod settings;
pub mod source;
pub mod spelling;
pub mod stat;
mod substitution;
pub mod suggest;
pub mod table;
pub mod volumes;
