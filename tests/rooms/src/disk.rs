//! Reads a workspace from disk. The only room that touches files.

use std::fs;
use std::path::Path;

use crate::checkout::{Checkout, ReadError};
use crate::{package, table};

/// Reads the workspace at `root`: manifests, what lies below `src` of each crate, ARCHITECTURE.md,
/// and which folders of its table there are.
pub fn read_from_disk(root: &Path) -> Result<Checkout, ReadError> {
    let mut checkout = Checkout::default();
    read_file(&mut checkout, root, package::MANIFEST)?;
    read_file(&mut checkout, root, table::FILE)?;
    let rooms = table::tables(checkout.text(table::FILE).unwrap_or_default()).rooms;
    for folder in rooms.iter().flat_map(|row| &row.folders) {
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
        read_sources(&mut checkout, root, &format!("{folder}/src"))?;
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

fn read_sources(checkout: &mut Checkout, root: &Path, folder: &str) -> Result<(), ReadError> {
    let entries = fs::read_dir(root.join(folder)).map_err(|source| unreadable(folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| unreadable(folder, source))?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_sources(checkout, root, &path)?;
        } else if path.ends_with(".rs") {
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
