//! Pure functions for a flow on its way between its Python file, git and the cluster.
//!
//! - [`render`] creates a Dataflow from a source and settings.
//! - [`check`] refuses a Dataflow that could not run; [`advice`] warns of what reading its code shows.
//! - [`layout`] and [`files`] read and write the flow's folder in git.
//! - [`bundle`] collects what a cluster says, without secrets.
//! - [`cause`] explains the state of a Dataflow, from git to a container.
//! - [`diff`] and [`loss`] compute the cost of a change.
//! - [`validation`] checks the files of flows without a cluster.
//! - [`import`] and [`release`] turn what a cluster runs into a folder.
//! - [`row`] describes a Dataflow in one row of a list.
//!
//! Nothing in this crate does I/O, reads a clock or the environment, or talks to a cluster or a repository. Its errors
//! name the problem; the program that prints them adds hints with commands.

pub mod adjustment;
pub mod advice;
pub mod age;
pub mod bundle;
pub mod cause;
pub mod check;
pub mod columns;
pub mod deployment;
pub mod diff;
pub mod edit;
pub mod entry;
pub mod environment;
pub mod event;
pub mod expand;
pub mod file_change;
mod file_name;
pub mod files;
pub mod graph;
pub mod import;
mod imports;
pub mod jsonpath;
mod kustomization;
pub mod layout;
pub mod left_out;
pub mod lineage;
mod lines;
pub mod loss;
pub mod manifests;
pub mod mask;
pub mod merge;
pub mod message;
pub mod object;
pub mod on_import;
pub mod order;
pub mod own_code;
pub mod ownership;
mod python;
pub mod readiness;
pub mod release;
pub mod render;
pub mod rendered;
pub mod resources;
pub mod row;
pub mod scan;
mod secret;
pub mod selector;
pub mod settings;
pub mod shell;
pub mod source;
pub mod spelling;
pub mod stat;
pub mod substitution;
pub mod suggest;
pub mod table;
pub mod trailer;
pub mod validation;
pub mod volumes;
