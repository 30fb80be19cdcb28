//! What lies on this machine: sources, folders of code, the Python on the PATH.

pub(crate) mod gitops_folder;
pub(crate) mod python;
pub(crate) mod source;

mod folder;
mod size;
mod workdir;
