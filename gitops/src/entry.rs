//! Finds the flows in Python files by reading them, and the file that an entry point names.
//!
//! The engine takes `path[:name or call]`, where the name is `flow` if it is missing. A file holds a flow if it binds a
//! `Dataflow` to a name while it is imported, or defines a function that returns one.

mod flows;
mod location;

use flows::{DEFAULT, Found, with_callers};
pub(crate) use location::{Location, file_part, locate, near};

/// Python files that are beside a flow and never hold one, unless they are asked for.
const TOOLS: [&str; 5] = [
    "setup.py",
    "manage.py",
    "noxfile.py",
    "tasks.py",
    "fabfile.py",
];

/// A flow that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Entry point as the engine takes it.
    pub reference: String,
    /// Whether it is a call for which only the user knows the arguments.
    pub needs_arguments: bool,
}

/// The entry point of a source that does not name one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// There is only this one.
    One(String),
    /// The user has to choose one of them; none if no file holds a flow.
    Several(Vec<Candidate>),
}

/// Chooses the entry point among Python files with their texts. `named` says that the user has named the only file, not
/// a folder.
///
/// A test file is never taken from a folder: it would run the flow with the input of a test. If only tests hold a flow,
/// they are the candidates.
pub(crate) fn choose(files: &[(String, String)], named: bool) -> Choice {
    let all: Vec<(&str, Vec<Found>)> = with_callers(files);
    let of = |tests: bool| -> Vec<Candidate> {
        let is_test = |path: &str| !named && is_test(path);
        let files = all.iter().filter(|(path, _)| is_test(path) == tests);
        files
            .flat_map(|(path, found)| candidates(path, found))
            .collect()
    };
    let found = of(false);
    match found.as_slice() {
        [only] if !only.needs_arguments => return Choice::One(only.reference.clone()),
        [] => {}
        _ => return Choice::Several(found),
    }
    // A flow that is bound in an unusual way is still found if there is no other file.
    let mut files = files.iter().map(|(path, _)| path.as_str());
    match (files.next(), files.next()) {
        (Some(only), None) if named || !is_tool(only) => Choice::One(only.to_owned()),
        _ => Choice::Several(of(true)),
    }
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("test_")
        || name.ends_with("_test.py")
        || name == "conftest.py"
        || path
            .split('/')
            .rev()
            .skip(1)
            .any(|folder| matches!(folder, "test" | "tests"))
}

fn is_tool(path: &str) -> bool {
    TOOLS.contains(&path) || is_test(path)
}

/// Returns the entry points of one file. The default name hides all others.
fn candidates(path: &str, found: &[Found]) -> Vec<Candidate> {
    let default = found
        .iter()
        .find(|found| found.name == DEFAULT && !found.needs_arguments);
    if default.is_some() {
        return vec![Candidate {
            reference: path.to_owned(),
            needs_arguments: false,
        }];
    }
    let candidate = |found: &Found| {
        let call = match (found.called, found.needs_arguments) {
            (false, _) => "",
            (true, false) => "()",
            (true, true) => "(ARGUMENTS)",
        };
        Candidate {
            reference: format!("{path}:{}{call}", found.name),
            needs_arguments: found.needs_arguments,
        }
    };
    found.iter().map(candidate).collect()
}

#[cfg(test)]
mod tests;
