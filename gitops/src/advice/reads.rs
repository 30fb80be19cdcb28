//! Warns of code that needs a file that is left out of its folder.

use super::reading::Reading;
use crate::left_out::{LeftOut, Reason};
use crate::python::Statement;
use crate::source::Source;

/// Calls and modules that read a file `.env` without naming it.
const READ_ENV: [&str; 6] = [
    "load_dotenv(",
    "dotenv_values(",
    "find_dotenv(",
    "read_env(",
    "from decouple import",
    "import decouple",
];

/// Returns a warning for each left-out file that the code reads or imports.
pub(super) fn left_out(reading: &Reading<'_>, source: &Source) -> Vec<String> {
    let left_out = source.left_out.iter();
    left_out
        .filter(|entry| {
            matches!(
                entry.reason,
                Reason::Hidden | Reason::Ignored | Reason::Listed
            )
        })
        .filter_map(|entry| read(reading, entry).or_else(|| imported(reading, entry)))
        .collect()
}

fn read(reading: &Reading<'_>, entry: &LeftOut) -> Option<String> {
    let path = entry.path.trim_end_matches('/');
    let files = reading.reached.files.iter();
    let (file, line) = files
        .flat_map(|(file, statements)| statements.iter().map(move |found| (file, found)))
        .find(|(_, statement)| reads(statement, path))
        .map(|(file, statement)| (file, statement.line))?;
    let way_out = if is_env(path) {
        "pass its values with `-e NAME=VALUE`, or keep them in a Secret and name it in `envFromSecret`"
            .to_owned()
    } else if entry.path.ends_with('/') || !path.starts_with('.') {
        format!(
            "keep a credential in a Secret and pass it in a variable (`envValueFrom`); \
             to take other data along, write `!{path}` into .waxctlignore"
        )
    } else {
        format!("to take it along, write `!{path}` into .waxctlignore")
    };
    Some(format!(
        "{file}:{line} reads {path}, which is left out ({}): {way_out}",
        entry.reason
    ))
}

fn is_env(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == ".env" || name.starts_with(".env.")
}

/// Returns true if a statement names the file in a string, or reads `.env` by a call that does not name it.
fn reads(statement: &Statement, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let named = statement.literals.iter().any(|literal| {
        let value = literal.value.as_str();
        let last = value.rsplit('/').next();
        value == path
            || (last == Some(name) && path.ends_with(value.trim_start_matches("./")))
            || (last == Some(name) && value.starts_with('{'))
    });
    let implied = name == ".env"
        && READ_ENV.iter().any(|call| statement.text.contains(call))
        && !statement.text.starts_with("def ");
    (named && !is_docstring(statement)) || implied
}

fn is_docstring(statement: &Statement) -> bool {
    statement.text == "\"\""
}

/// Returns a warning if the code imports a module that is left out, such as one that a tool generates.
fn imported(reading: &Reading<'_>, entry: &LeftOut) -> Option<String> {
    let path = entry.path.trim_end_matches('/');
    let module = path.strip_suffix(".py").unwrap_or(path).replace('/', ".");
    let foreign = reading.reached.foreign.iter();
    let mut inside = foreign.filter(|import| {
        import.module == module
            || import
                .module
                .strip_prefix(&module)
                .is_some_and(|rest| rest.starts_with('.'))
    });
    let import = inside.next()?;
    Some(format!(
        "{}:{} imports `{}`, but {} is left out ({}): to take it along, write `!{path}` into .waxctlignore",
        import.file, import.line, import.module, entry.path, entry.reason
    ))
}
