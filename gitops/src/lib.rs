//! What becomes of a flow between its file, git and the cluster: pure.
//!
//! [`render`] makes a Dataflow of a source and settings, [`check`] refuses what could not run, [`layout`] is its folder
//! in git, [`diff`] and [`loss`] say what a change costs, [`row`] how it is. Nothing here does I/O, reads a clock or the
//! environment, or talks to a cluster or a repository; errors name what is wrong, and the program that shows them says
//! what can be typed.

pub mod age;
pub mod check;
pub mod deployment;
pub mod diff;
mod edit;
pub mod environment;
pub mod expand;
pub mod file_change;
mod file_name;
pub mod files;
mod kustomization;
pub mod layout;
pub mod loss;
pub mod manifests;
mod mask;
pub mod merge;
pub mod message;
pub mod object;
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
pub mod suggest;
pub mod table;
pub mod volumes;
