//! Reads a workspace from disk. The only module that touches files.

use std::fs;
use std::path::Path;

use crate::checkout::{Checkout, ReadError};
use crate::{package, table};

/// Reads the workspace at `root`: the manifests, the sources and tests of each crate, README.md,
/// ARCHITECTURE.md and docs/, and which folders of the table of crates exist.
pub fn read_from_disk(root: &Path) -> Result<Checkout, ReadError> {
    let mut checkout = Checkout::default();
    read_file(&mut checkout, root, package::MANIFEST)?;
    read_pages(&mut checkout, root)?;
    let rows = table::tables(&checkout).crates;
    for folder in rows.iter().flat_map(|row| &row.folders) {
        if root.join(folder).is_dir() {
            checkout.put_folder(folder);
        }
    }
    for folder in package::members(&checkout)? {
        read_file(
            &mut checkout,
            root,
            &format!("{folder}/{}", package::MANIFEST),
        )?;
        read_folder(&mut checkout, root, &format!("{folder}/src"), ".rs")?;
        let tests = format!("{folder}/tests");
        if root.join(&tests).is_dir() {
            read_folder(&mut checkout, root, &tests, ".rs")?;
        }
    }
    for file in package::stated_files(&checkout)? {
        if checkout.text(&file).is_none() {
            read_file(&mut checkout, root, &file)?;
        }
    }
    Ok(checkout)
}

fn read_file(checkout: &mut Checkout, root: &Path, path: &str) -> Result<(), ReadError> {
    let text = fs::read_to_string(root.join(path)).map_err(|source| unreadable(path, source))?;
    checkout.put(path, &text);
    Ok(())
}

/// Reads the pages that are there; the checks say which are missing.
fn read_pages(checkout: &mut Checkout, root: &Path) -> Result<(), ReadError> {
    for page in ["README.md", "ARCHITECTURE.md"] {
        if root.join(page).is_file() {
            read_file(checkout, root, page)?;
        }
    }
    if root.join("docs").is_dir() {
        read_folder(checkout, root, "docs", ".md")?;
    }
    Ok(())
}

/// Reads the files below a folder whose names end with `ending`.
fn read_folder(
    checkout: &mut Checkout,
    root: &Path,
    folder: &str,
    ending: &str,
) -> Result<(), ReadError> {
    let entries = fs::read_dir(root.join(folder)).map_err(|source| unreadable(folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| unreadable(folder, source))?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_folder(checkout, root, &path, ending)?;
        } else if path.ends_with(ending) {
            read_file(checkout, root, &path)?;
        }
    }
    Ok(())
}

fn unreadable(path: &str, source: std::io::Error) -> ReadError {
    ReadError::File {
        path: path.to_owned(),
        source,
    }
}
