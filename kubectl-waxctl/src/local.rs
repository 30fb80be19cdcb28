//! Files and programs of this machine: sources, folders with code, the Python on the PATH.

pub(crate) mod archive;
pub(crate) mod completion;
pub(crate) mod flow_files;
pub(crate) mod gitops_folder;
pub(crate) mod python;
pub(crate) mod render_record;
pub(crate) mod saved_graph;
pub(crate) mod source;

mod folder;
mod git_rules;
mod size;
mod walk;
mod workdir;
