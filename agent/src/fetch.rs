//! The role `fetch`: copies the code from the mounted ConfigMap into the folder in which the engine runs.

use std::{fs, io, path::PathBuf};

use thiserror::Error;

use crate::settings::FetchSettings;
pub use error::UnpackError;
pub use unpack::{Unpacked, unpack_tar, write_files};

mod error;
mod tree;
mod unpack;

/// Why the code could not be copied.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The mounted ConfigMap cannot be read.
    #[error("cannot read the code ConfigMap in {path}")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The configured key of the tar does not exist.
    #[error("the code ConfigMap has no key {key:?}; it has {present}")]
    NoTar {
        /// The configured key.
        key: String,
        /// The keys that exist.
        present: String,
    },
    /// The ConfigMap has no keys.
    #[error("the code ConfigMap is empty")]
    Empty,
    /// The code is refused or cannot be written.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
}

/// Copies the code into the working folder; a repetition leaves the same files.
///
/// # Errors
/// The code cannot be read, has names or contents that are refused, or cannot be written.
pub fn fetch(settings: &FetchSettings) -> Result<Unpacked, FetchError> {
    let keys = keys(settings)?;
    let unpacked = match &settings.tar {
        Some(key) => {
            let (_, path) = keys.iter().find(|(name, _)| name == key).ok_or_else(|| {
                let names: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).collect();
                FetchError::NoTar {
                    key: key.clone(),
                    present: names.join(", "),
                }
            })?;
            unpack_tar(&read(path)?, &settings.workdir)?
        }
        None => {
            let mut files = Vec::with_capacity(keys.len());
            for (key, path) in &keys {
                files.push((path_of_key(key), read(path)?));
            }
            write_files(files, &settings.workdir)?
        }
    };
    Ok(unpacked)
}

/// Converts a ConfigMap key into a path. A key cannot contain `/`, so that is written as `..`.
fn path_of_key(key: &str) -> String {
    key.replace("..", "/")
}

/// Returns the keys of a mounted ConfigMap by name, without the `..data` entries of the kubelet. No key may
/// begin with two dots.
fn keys(settings: &FetchSettings) -> Result<Vec<(String, PathBuf)>, FetchError> {
    let folder = &settings.code;
    let failed = |source| FetchError::Read {
        path: folder.clone(),
        source,
    };
    let mut keys = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("..") {
            keys.push((name, entry.path()));
        }
    }
    keys.sort();
    if keys.is_empty() {
        Err(FetchError::Empty)
    } else {
        Ok(keys)
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, FetchError> {
    fs::read(path).map_err(|source| FetchError::Read {
        path: path.clone(),
        source,
    })
}

#[cfg(test)]
mod tests;
