//! Checks the files of flows without a cluster and without running their code, and reports every problem with its
//! place.
//!
//! Begin reading at [`folder`]. [`together()`] finds what only several flows can have.

mod code;
mod documents;
mod entry_point;
mod found;
mod kustomize;
mod problem;
mod report;
mod resource;
mod together;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use documents::{documents, has_dataflow};
pub use found::{Checked, Flow, Problem, Severity, not_checked};
pub use kustomize::patches;
pub use report::{Format, Report};
pub use together::together;

use crate::layout::{self, DATAFLOW};
use found::{environment, parent, with_causes};
use problem::Problems;

/// Checks the folder of one flow. `path` is the folder as the messages name it; the files have paths in it.
#[must_use]
pub fn folder(path: &str, files: &BTreeMap<String, Vec<u8>>) -> Checked {
    let mut problems = Problems::in_folder(path);
    let bytes = files.get(DATAFLOW).map(Vec::as_slice).unwrap_or_default();
    let Ok(text) = std::str::from_utf8(bytes) else {
        problems.error(DATAFLOW, "yaml", "is not UTF-8 text");
        return problems.checked(None);
    };
    let is_ours = text.contains("kind: Dataflow") || text.contains("bytewax");
    if kustomize::is_patch(files) || (environment(path).is_empty() && !is_ours) {
        return Checked::default();
    }
    let Some(resource) = resource::read(text, &mut problems.at(DATAFLOW, 0, text)) else {
        return problems.checked(None);
    };
    resource::check(&resource, &mut problems.at(DATAFLOW, 0, text));
    let kustomization = kustomize::check(&resource, files, &mut problems);
    match layout::read(files) {
        Ok(rendered) => code::check(&rendered, text, files, &mut problems),
        // Files that are missing were reported already, each of them.
        Err(layout::LayoutError::Missing(_)) => {}
        Err(_) if kustomization.is_err() => {}
        Err(error) => problems.error(DATAFLOW, "code", &with_causes(&error)),
    }
    let namespace = kustomization.ok().flatten();
    let mut flow = resource::flow(&resource, &problems.path(DATAFLOW), text);
    flow.namespace = namespace.or(flow.namespace);
    flow.scope = parent(path).to_owned();
    let folder_name = path.rsplit('/').next().unwrap_or_default();
    if !environment(path).is_empty() && folder_name != flow.name && !flow.name.is_empty() {
        problems.at(DATAFLOW, 0, text).warning(
            "metadata.name",
            "folder-name",
            &format!(
                "is `{}`, but its folder is `{folder_name}`: `df commit` would write another folder",
                flow.name
            ),
            "rename the folder",
        );
    }
    problems.checked(Some(flow))
}
