//! Reads a workspace from disk. The only module that touches files.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::checkout::{Checkout, ReadError};
use crate::{package, table};

/// The folders with scripts and with programs that are not Rust.
const SCRIPT_FOLDERS: [&str; 4] = [".ci", "agent", "examples", "tests"];

/// The endings of their files. A script may have none.
const SCRIPT_ENDINGS: [&str; 3] = ["go", "py", "sh"];

/// Reads the workspace at `root`: the manifests, the sources and tests of each crate, the scripts, README.md,
/// ARCHITECTURE.md and docs/, and which folders of the table of crates exist.
pub fn read_from_disk(root: &Path) -> Result<Checkout, ReadError> {
    let mut checkout = Checkout::default();
    read_file(&mut checkout, root, package::MANIFEST)?;
    read_pages(&mut checkout, root)?;
    read_scripts(&mut checkout, root)?;
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
        read_folder(&mut checkout, root, &format!("{folder}/src"), is_rust)?;
        let tests = format!("{folder}/tests");
        if root.join(&tests).is_dir() {
            read_folder(&mut checkout, root, &tests, is_rust)?;
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
        read_folder(checkout, root, "docs", is_page)?;
    }
    Ok(())
}

/// Reads the Makefile and the scripts that are there.
fn read_scripts(checkout: &mut Checkout, root: &Path) -> Result<(), ReadError> {
    if root.join("Makefile").is_file() {
        read_file(checkout, root, "Makefile")?;
    }
    for folder in SCRIPT_FOLDERS {
        if root.join(folder).is_dir() {
            read_folder(checkout, root, folder, is_script)?;
        }
    }
    Ok(())
}

fn is_rust(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "rs")
}

fn is_page(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "md")
}

/// Whether a file is a script by its ending, or has none and begins as a script does (`#!/bin/sh`).
fn is_script(file: &Path) -> bool {
    match file.extension() {
        Some(ending) => SCRIPT_ENDINGS.iter().any(|script| ending == *script),
        None => {
            let mut start = [0; 2];
            let read = File::open(file).and_then(|mut file| file.read_exact(&mut start));
            read.is_ok() && start == *b"#!"
        }
    }
}

/// Reads the wanted files below a folder.
fn read_folder(
    checkout: &mut Checkout,
    root: &Path,
    folder: &str,
    is_wanted: fn(&Path) -> bool,
) -> Result<(), ReadError> {
    let entries = fs::read_dir(root.join(folder)).map_err(|source| unreadable(folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| unreadable(folder, source))?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_folder(checkout, root, &path, is_wanted)?;
        } else if is_wanted(&entry.path()) {
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
