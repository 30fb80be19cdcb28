//! What reading the code of a flow tells before it runs: files that it needs and that are left out, modules that hide
//! others, imports that cannot be found, output that does not last, and input that changes under stored offsets.
//!
//! The code is only read, so this can miss things, and everything here is a warning.

mod classes;
mod image;
mod inputs;
mod modules;
mod outputs;
mod reads;

use std::collections::BTreeMap;

use dataflow::code;

use crate::entry::{Location, locate};
use crate::imports::{Reached, reach};
use crate::python::statements;
use crate::rendered::Rendered;
use crate::source::Source;

/// The code of a flow as it was read.
struct Reading<'a> {
    rendered: &'a Rendered,
    /// Texts of the Python files, by path.
    python: BTreeMap<String, String>,
    /// File of the entry point; `None` if it is in the image.
    entry: Option<String>,
    reached: Reached,
}

/// Returns warnings about the code of a flow. With the source also those about what is left out of it.
#[must_use]
pub fn advise(rendered: &Rendered, source: Option<&Source>) -> Vec<String> {
    let reading = Reading::of(rendered);
    let mut warnings = Vec::new();
    if let Some(source) = source {
        warnings.extend(reads::left_out(&reading, source));
    }
    warnings.extend(modules::hidden(&reading));
    warnings.extend(modules::not_found(&reading, source));
    warnings.extend(inputs::missing(&reading));
    warnings.extend(outputs::relative(&reading));
    warnings
}

impl<'a> Reading<'a> {
    fn of(rendered: &'a Rendered) -> Self {
        let python: BTreeMap<String, String> = files(rendered)
            .into_iter()
            .filter(|(path, _)| path.ends_with(".py"))
            .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
            .collect();
        let paths: Vec<_> = python.keys().map(String::as_str).collect();
        let entry = match locate(&rendered.dataflow.spec.python_file_name, &paths) {
            Location::File(file) => Some(file),
            Location::Elsewhere | Location::Missing => None,
        };
        let more = variable(rendered, "PYTHONPATH").unwrap_or_default();
        let more: Vec<_> = more.split(':').filter(|path| !path.is_empty()).collect();
        let reached = match &entry {
            Some(entry) => reach(entry, &python, &more),
            // What the image imports is unknown.
            None => Reached {
                files: python
                    .iter()
                    .map(|(path, text)| (path.clone(), statements(text)))
                    .collect(),
                foreign: Vec::new(),
            },
        };
        Self {
            rendered,
            python,
            entry,
            reached,
        }
    }
}

/// Returns the files of the code by path, including those in a tar archive.
fn files(rendered: &Rendered) -> BTreeMap<String, Vec<u8>> {
    let tar = rendered.dataflow.spec.tar_name.as_deref();
    let mut files = BTreeMap::new();
    for (key, bytes) in rendered.code.iter() {
        if tar == Some(key)
            && let Ok(inside) = code::unpack(bytes)
        {
            files.extend(inside.into_iter().map(|file| (file.path, file.bytes)));
            continue;
        }
        let path = code::path_for_key(key).unwrap_or_else(|_| key.to_owned());
        files.insert(path, bytes.to_vec());
    }
    files
}

/// Returns warnings about a change of a flow that keeps state: input that resumes at offsets of other content, classes
/// that move, and images that bring the flow.
#[must_use]
pub fn advise_on_change(old: &Rendered, new: &Rendered) -> Vec<String> {
    let mut warnings = inputs::changed_inputs(old, new);
    warnings.extend(classes::moved_classes(old, new));
    warnings.extend(image::changed_image(old, new));
    warnings
}

fn keeps_state(rendered: &Rendered) -> bool {
    let recovery = rendered.dataflow.spec.recovery.as_ref();
    recovery.is_some_and(|recovery| recovery.enabled.unwrap_or(false))
}

/// Returns the value of a variable in the spec.
fn variable<'a>(rendered: &'a Rendered, name: &str) -> Option<&'a str> {
    let env = rendered.dataflow.spec.env.iter();
    env.rev()
        .find(|variable| variable.name == name)
        .map(|variable| variable.value.as_str())
}

#[cfg(test)]
mod tests;
