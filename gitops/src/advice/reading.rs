//! The code of a flow as text, with the files that its entry point reaches.

use std::collections::BTreeMap;

use dataflow::code;

use crate::entry::{Location, locate};
use crate::imports::{Reached, reach};
use crate::python::statements;
use crate::rendered::Rendered;

/// The code of a flow as it was read.
pub(super) struct Reading<'a> {
    pub(super) rendered: &'a Rendered,
    /// Texts of the Python files, by path.
    pub(super) python: BTreeMap<String, String>,
    /// File of the entry point; `None` if it is in the image.
    pub(super) entry: Option<String>,
    pub(super) reached: Reached,
}

impl<'a> Reading<'a> {
    pub(super) fn of(rendered: &'a Rendered) -> Self {
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
pub(super) fn files(rendered: &Rendered) -> BTreeMap<String, Vec<u8>> {
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

pub(super) fn keeps_state(rendered: &Rendered) -> bool {
    let recovery = rendered.dataflow.spec.recovery.as_ref();
    recovery.is_some_and(|recovery| recovery.enabled.unwrap_or(false))
}

/// Returns the value of a variable in the spec.
pub(super) fn variable<'a>(rendered: &'a Rendered, name: &str) -> Option<&'a str> {
    let env = rendered.dataflow.spec.env.iter();
    env.rev()
        .find(|variable| variable.name == name)
        .map(|variable| variable.value.as_str())
}
