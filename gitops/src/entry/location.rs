//! Finds the file that an entry point names.

use crate::suggest::suggest;

/// Where the file of an entry point is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// In this file of the source.
    File(String),
    /// In a package that the source does not have, so it must be in the image.
    Elsewhere,
    /// The source has its package but not its file.
    Missing,
}

/// Returns the file of an entry point: `flow.py` for `flow.py:get_flow(5)`.
pub(crate) fn file_part(reference: &str) -> &str {
    reference.split(':').next().unwrap_or_default().trim()
}

/// Finds the file of an entry point among the Python files of a source.
pub(crate) fn locate(reference: &str, files: &[&str]) -> Location {
    let part = file_part(reference);
    let known = |path: String| files.contains(&path.as_str()).then_some(path);
    let found = |path: Option<String>| path.map_or(Location::Missing, Location::File);
    if part.starts_with('/') {
        return Location::Elsewhere;
    }
    let part = part.strip_prefix("./").unwrap_or(part);
    if part.ends_with(".py") {
        return found(known(part.to_owned()));
    }
    let path = part.replace('.', "/");
    let module = known(format!("{path}.py")).or_else(|| known(format!("{path}/__init__.py")));
    if module.is_some() || part.contains('/') {
        return found(module);
    }
    let package = path.split('/').next().unwrap_or_default();
    let has = |file: &&str| {
        file.strip_prefix(package)
            .is_some_and(|rest| rest == ".py" || rest.starts_with('/'))
    };
    match files.iter().any(has) {
        true => Location::Missing,
        false => Location::Elsewhere,
    }
}

/// Returns the entry point that was probably meant: the same file at another depth, or one with a similar name.
pub(crate) fn near(reference: &str, files: &[&str]) -> Option<String> {
    let part = file_part(reference);
    let suffix = &reference[reference.find(':').unwrap_or(reference.len())..];
    let dotted = !part.ends_with(".py") && !part.contains('/');
    let path = match part.strip_suffix(".py") {
        Some(stem) => format!("{stem}.py"),
        None => format!("{}.py", part.replace('.', "/")),
    };
    let deeper = || {
        let end = format!("/{path}");
        files.iter().find(|file| file.ends_with(&end)).copied()
    };
    let higher = || {
        let mut ends = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
        ends.find_map(|end| files.iter().find(|file| **file == end).copied())
    };
    if let Some(file) = deeper().or_else(higher) {
        return Some(format!("{file}{suffix}"));
    }
    if dotted {
        let modules: Vec<String> = files.iter().map(|file| module_of(file)).collect();
        let near = suggest(part, modules.iter().map(String::as_str))?;
        return Some(format!("{near}{suffix}"));
    }
    Some(format!("{}{suffix}", suggest(part, files.iter().copied())?))
}

/// Returns the dotted name of a file: `shop.orders` for `shop/orders.py`.
fn module_of(file: &str) -> String {
    let stem = file.strip_suffix(".py").unwrap_or(file);
    stem.strip_suffix("/__init__")
        .unwrap_or(stem)
        .replace('/', ".")
}
