//! The files that a check reads, as text in memory.

use std::collections::{BTreeMap, BTreeSet};

/// The text of a workspace's manifests, sources and pages, by path from the root.
///
/// A check is a function of this value, so a test can check a workspace
/// that exists nowhere, or plant a fault in a real one.
#[derive(Clone, Debug, Default)]
pub struct Checkout {
    files: BTreeMap<String, String>,
    /// Folders that are known to exist, beside those of the files.
    folders: BTreeSet<String>,
}

/// The reason why a workspace cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file is missing or unreadable.
    #[error("cannot read `{path}`")]
    File {
        /// The path from the root.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A manifest is not TOML, or lacks a name.
    #[error("`{path}` is not a manifest of a workspace or a crate: {reason}")]
    Manifest {
        /// The path from the root.
        path: String,
        /// The fault.
        reason: String,
    },
    /// A source file is not Rust.
    #[error("{path}:{line} is not Rust: {reason}")]
    Source {
        /// The path from the root.
        path: String,
        /// The line of the first error.
        line: usize,
        /// The syntax that the parser expected.
        reason: String,
    },
    /// A `mod` statement leads to no file.
    #[error("{path}:{line} declares `mod {module}`, and there is no file for it")]
    Module {
        /// The file that declares the module.
        path: String,
        /// The line of the declaration.
        line: usize,
        /// The module's name.
        module: String,
    },
}

impl Checkout {
    /// Adds a file, or replaces it.
    pub fn put(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.to_owned());
    }

    /// Adds a folder whose files are not read.
    pub(crate) fn put_folder(&mut self, path: &str) {
        self.folders.insert(path.to_owned());
    }

    /// Whether there is a folder at `path`.
    pub(crate) fn has_folder(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        self.folders.contains(path) || self.files.keys().any(|file| file.starts_with(&inside))
    }

    /// Returns all paths of files that begin with `start`.
    pub(crate) fn below<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a str> {
        let files = self.files.keys().map(String::as_str);
        files.filter(move |path| path.starts_with(start))
    }

    /// Returns the text of the file at `path`.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }
}

impl<P: AsRef<str>, T: AsRef<str>> FromIterator<(P, T)> for Checkout {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(files: I) -> Self {
        let mut checkout = Self::default();
        for (path, text) in files {
            checkout.put(path.as_ref(), text.as_ref());
        }
        checkout
    }
}
