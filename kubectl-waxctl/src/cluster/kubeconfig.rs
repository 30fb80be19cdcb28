//! Chooses cluster and user from the kubeconfig files; kubectl's flags override them.
//!
//! [`file`] reads one file, this module finds and merges them, and [`choice`] picks the entries. All three follow
//! client-go (`tools/clientcmd`), and `tests/tests/kubeconfigs.rs` compares them with the real kubectl.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::access::Access;

pub(crate) mod choice;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod file;

pub(crate) use choice::{Choice, choose};
pub(crate) use error::ChoiceError;
pub(crate) use file::{FileError, Kubeconfig};

/// The paths where kubeconfig files are looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct KubeconfigLocations {
    /// `$KUBECONFIG`, a list of paths.
    pub(crate) kubeconfig: Option<OsString>,
    /// The user's home directory.
    pub(crate) home: Option<PathBuf>,
}

/// The merged files.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Their content.
    pub(crate) kubeconfig: Kubeconfig,
    /// The files that were read.
    pub(crate) files: Vec<PathBuf>,
    /// The files that do not exist.
    pub(crate) missing: Vec<PathBuf>,
}

impl KubeconfigLocations {
    /// Reads the environment of this process.
    #[must_use]
    pub(crate) fn of_process() -> Self {
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG"),
            home: std::env::home_dir(),
        }
    }

    /// Whether `KUBECONFIG` names a file.
    pub(crate) fn names_a_file(&self) -> bool {
        self.listed()
            .is_some_and(|mut listed| listed.any(|path| !path.as_os_str().is_empty()))
    }

    fn listed(&self) -> Option<impl Iterator<Item = PathBuf>> {
        let list = self.kubeconfig.as_ref().filter(|list| !list.is_empty())?;
        Some(std::env::split_paths(list))
    }

    /// Returns the files to read, each once. A list of empty names is a list, so the home directory does not count.
    fn files(&self) -> Vec<PathBuf> {
        let Some(listed) = self.listed() else {
            let home = self.home.iter();
            return home.map(|home| home.join(".kube").join("config")).collect();
        };
        let mut files = Vec::new();
        for path in listed {
            if !path.as_os_str().is_empty() && !files.contains(&path) {
                files.push(path);
            }
        }
        files
    }
}

/// Reads the files that `flags` and `locations` name and merges them as kubectl does.
///
/// A missing file of the list is skipped; a file named by `--kubeconfig` must exist.
///
/// # Errors
/// A file that cannot be read or parsed.
pub(crate) fn read(flags: &Access, locations: &KubeconfigLocations) -> Result<Loaded, ChoiceError> {
    load(flags, locations, Kubeconfig::read)
}

fn load(
    flags: &Access,
    locations: &KubeconfigLocations,
    read: fn(&Path) -> Result<Kubeconfig, FileError>,
) -> Result<Loaded, ChoiceError> {
    let read_file = |path: &Path| {
        read(path).map_err(|source| ChoiceError::File {
            path: path.to_owned(),
            source,
        })
    };
    if let Some(path) = &flags.kubeconfig {
        return Ok(Loaded {
            kubeconfig: read_file(path)?,
            files: vec![path.clone()],
            missing: Vec::new(),
        });
    }
    let mut loaded = Loaded::default();
    for path in locations.files() {
        match read_file(&path) {
            Ok(next) => {
                loaded.kubeconfig = loaded.kubeconfig.or(next);
                loaded.files.push(path);
            }
            Err(ChoiceError::File {
                source: FileError::Read(error),
                ..
            }) if error.kind() == std::io::ErrorKind::NotFound => loaded.missing.push(path),
            Err(error) => return Err(error),
        }
    }
    Ok(loaded)
}

#[cfg(test)]
mod tests;
