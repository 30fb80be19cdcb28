//! The files that a check reads, as text in memory.

use std::collections::BTreeMap;

/// The text of a workspace's manifests, sources and ARCHITECTURE.md, by path from the root.
///
/// A check is a function of this value, so a test can check a workspace
/// that exists nowhere, or plant a fault in a real one.
#[derive(Clone, Debug, Default)]
pub struct Checkout {
    files: BTreeMap<String, String>,
}

/// Why a workspace cannot be checked.
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
        /// What is wrong with it.
        reason: String,
    },
    /// A source file is not Rust.
    #[error("{path}:{line} is not Rust: {reason}")]
    Source {
        /// The path from the root.
        path: String,
        /// The line of the first error.
        line: usize,
        /// What the parser expected.
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
    /// Puts a file in, in place of the one that is there.
    pub fn put(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.to_owned());
    }

    /// The text of the file at `path`.
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
