//! Warns of modules with the name of one of Python's standard library, and of imports that the code folder cannot
//! fulfil.

use super::reading::Reading;
use crate::imports::{ENGINE, Import, hiding, is_standard, root_of};
use crate::source::Source;

/// Returns a warning for each file that hides a module of the standard library.
pub(super) fn hidden(reading: &Reading<'_>) -> Vec<String> {
    let mut roots = vec![String::new()];
    if let Some(entry) = &reading.entry {
        roots.push(root_of(entry, &reading.python));
        roots.dedup();
    }
    let hiding = roots.iter().flat_map(|root| hiding(root, &reading.python));
    hiding
        .filter(|(module, _)| module != ENGINE)
        .map(|(module, file)| {
            format!("{file} hides the module `{module}` of Python's standard library: rename it")
        })
        .collect()
}

/// Returns a warning for each import of a package that is elsewhere in the code, or that is the source itself.
pub(super) fn not_found(reading: &Reading<'_>, source: Option<&Source>) -> Vec<String> {
    let foreign = reading.reached.foreign.iter();
    foreign
        .filter(|import| !is_standard(import.package()) && import.package() != ENGINE)
        .filter_map(|import| {
            deeper(reading, import)
                .or_else(|| beside(import, source?))
                .or_else(|| around(import, source?))
        })
        .collect()
}

/// Explains an import of a package that a deeper folder has, as in a `src/` layout.
fn deeper(reading: &Reading<'_>, import: &Import) -> Option<String> {
    let package = import.package();
    let end = format!("/{package}/__init__.py");
    let folder = reading
        .python
        .keys()
        .find_map(|file| file.strip_suffix(&end))?;
    // Below another package it is `folder.package`, and a package of the image can have its name.
    if reading
        .python
        .contains_key(&format!("{folder}/__init__.py"))
    {
        return None;
    }
    Some(format!(
        "{}:{} imports `{package}`, which is in {folder}/: pass `-e PYTHONPATH={folder}`, or name {folder}/ as SOURCE",
        import.file, import.line
    ))
}

/// Explains an import of a module that is beside the only file of the source.
fn beside(import: &Import, source: &Source) -> Option<String> {
    let package = import.package();
    source.beside.iter().any(|known| known == package).then(|| {
        format!(
            "{}:{} imports `{package}`, which is beside {} but not part of it: name the folder as SOURCE",
            import.file,
            import.line,
            source.path.display()
        )
    })
}

/// Explains an import of the folder that is the source itself.
fn around(import: &Import, source: &Source) -> Option<String> {
    let package = import.package();
    let own = source.folder_name.as_deref()?;
    (own == package).then(|| {
        format!(
            "{}:{} imports `{package}`, which is the folder {} itself: name the folder around it as SOURCE",
            import.file,
            import.line,
            source.path.display()
        )
    })
}
