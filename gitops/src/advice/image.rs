//! Finds another image of a flow that the image itself brings, through a file that only imports it.

use super::reading::{Reading, keeps_state};
use crate::imports::{ENGINE, is_standard};
use crate::python::{Statement, split_list};
use crate::rendered::Rendered;

/// Returns why the steps of a flow that keeps state are unknown: its entry point takes the flow from a module of the image,
/// and the image changes.
#[must_use]
pub fn flow_of_new_image(old: &Rendered, new: &Rendered) -> Option<String> {
    let (before, after) = (&old.dataflow.spec, &new.dataflow.spec);
    let same = before.image_reference() == after.image_reference();
    if same || !keeps_state(old) || !keeps_state(new) {
        return None;
    }
    let reading = Reading::of(new);
    let entry = reading.entry.as_ref()?;
    let mut statements = reading.reached.files.get(entry)?.iter();
    let (line, module) =
        statements.find_map(|statement| Some((statement.line, flow_from(statement)?)))?;
    let package = module.split('.').next().unwrap_or_default();
    let mut foreign = reading.reached.foreign.iter();
    let of_image = foreign.any(|import| import.package() == package);
    if !of_image || is_standard(package) || package == ENGINE {
        return None;
    }
    Some(format!(
        "{entry}:{line} takes the flow from `{module}` of the image, and the new image is not run here"
    ))
}

/// Returns the module from which a statement at the top imports the name `flow`.
fn flow_from(statement: &Statement) -> Option<String> {
    let (module, names) = statement.after("from")?.split_once(" import ")?;
    let names = names.trim().trim_start_matches('(').trim_end_matches(')');
    let flow = split_list(names).into_iter().any(|name| {
        let alias = name.split_once(" as ").map_or(name, |(_, alias)| alias);
        alias.trim() == "flow"
    });
    (flow && statement.indent == 0).then(|| module.trim().to_owned())
}
