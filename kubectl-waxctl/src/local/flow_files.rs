//! Finds the files of flows below a folder: folders with a dataflow.yaml, and other YAML files with a Dataflow.
//!
//! Invariant: a file that can contain a flow is found once, or it is named in [`FlowFiles::not_checked`]. Only regular
//! files are opened, so a pipe cannot block. Begin reading in [`find`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use dataflow::code::MAX_BYTES;
use gitops::layout::{DATAFLOW, KUSTOMIZATION};
use gitops::validation::{has_dataflow, patches};

use crate::error::CommandError;

/// The maximum size of a YAML file, 4 MiB. The API server takes less.
pub(crate) const MAX_MANIFEST: u64 = 4 * MAX_BYTES as u64;

/// Folders that contain no flows of their own.
const SKIPPED: [&str; 2] = ["__pycache__", "node_modules"];

/// The reason for what the user has named and what has no Dataflow.
pub(crate) const NO_DATAFLOW: &str = "it contains no Dataflow";

const NOTHING_BEHIND: &str = "it is a link that leads to nothing";
const LINKED_FOLDER: &str = "it is a link to a folder; name the folder itself";
const SPECIAL: &str = "it is neither a file nor a folder";
const PATCH: &str = "it is a patch of a flow elsewhere, which has only some of its fields";

/// The files that can contain flows, each with its path as messages name it.
#[derive(Debug, Default)]
pub(crate) struct FlowFiles {
    /// Folders with a dataflow.yaml, with all their files.
    pub(crate) folders: Vec<(String, BTreeMap<String, Vec<u8>>)>,
    /// Other YAML files with a Dataflow, and those that the user has named.
    pub(crate) manifests: Vec<Manifest>,
    /// What can contain a flow and is not checked.
    pub(crate) not_checked: Vec<NotChecked>,
    /// The folders of flows, without links.
    flows: BTreeSet<PathBuf>,
    /// The YAML files, without links.
    files: BTreeSet<PathBuf>,
    /// The files that a kustomization.yaml uses as patches.
    patches: BTreeSet<PathBuf>,
}

/// A YAML file.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// Its path, as messages name it.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Whether the user has named it.
    pub(crate) named: bool,
    /// Its path without links; `None` for standard input.
    place: Option<PathBuf>,
}

/// A file or folder that is not checked.
#[derive(Debug)]
pub(crate) struct NotChecked {
    /// Its path, as messages name it.
    pub(crate) path: String,
    /// The reason, as a clause.
    pub(crate) reason: String,
    /// Whether the check cannot succeed without it: the user has named it, or it is the file of a flow.
    pub(crate) needed: bool,
}

/// Adds the flows of a file or of a folder and everything below it. Links to folders are not followed.
///
/// # Errors
/// The path does not exist, or is neither a file nor a folder.
pub(crate) fn find(path: &Path, found: &mut FlowFiles) -> Result<(), CommandError> {
    let metadata = fs::metadata(path).map_err(|error| {
        CommandError::usage(format!("cannot read {}", path.display()))
            .chain(&error)
            .hint("name a repository, a folder of a flow, a YAML file, or `-`")
    })?;
    let shown = path.display().to_string();
    // Forges name files without it.
    let shown = shown.strip_prefix("./").unwrap_or(&shown);
    if metadata.is_dir() {
        let shown = shown.trim_end_matches('/');
        let before = found.count();
        found.enter(path, if shown == "." { "" } else { shown });
        if found.count() == before && !found.covers(path) {
            found.leave_out(shown, &NO_DATAFLOW, true);
        }
        return Ok(());
    }
    if !metadata.is_file() {
        return Err(
            CommandError::usage(format!("{} is not a file or a folder", path.display()))
                .hint("pass the content of a pipe as standard input, and `-`"),
        );
    }
    found.read(path, shown, true);
    Ok(())
}

impl FlowFiles {
    /// Adds the text of standard input.
    pub(crate) fn add_standard_input(&mut self, text: String) {
        self.manifests.push(Manifest {
            path: "<stdin>".to_owned(),
            text,
            named: true,
            place: None,
        });
    }

    fn count(&self) -> usize {
        self.folders.len() + self.manifests.len() + self.not_checked.len()
    }

    /// Whether something in a folder was found before.
    fn covers(&self, folder: &Path) -> bool {
        let Ok(place) = fs::canonicalize(folder) else {
            return false;
        };
        let mut manifests = self.manifests.iter().filter_map(|file| file.place.as_ref());
        self.flows.iter().any(|flow| flow.starts_with(&place))
            || manifests.any(|file| file.starts_with(&place))
    }

    fn leave_out(&mut self, path: &str, reason: &dyn Display, needed: bool) {
        self.not_checked.push(NotChecked {
            path: path.to_owned(),
            reason: reason.to_string(),
            needed,
        });
    }

    /// Adds the flows of a folder and of everything below it.
    fn enter(&mut self, folder: &Path, shown: &str) {
        let kustomization = folder.join(KUSTOMIZATION);
        if kustomization.is_file()
            && let Ok(text) = fs::read_to_string(&kustomization)
        {
            let paths = patches(&text).into_iter();
            self.patches.extend(paths.map(|path| folder.join(path)));
        }
        if folder.join(DATAFLOW).is_file() {
            self.add_flow(folder, shown);
        }
        let entries = match entries(folder) {
            Ok(entries) => entries,
            Err(error) => return self.leave_out(shown, &error, false),
        };
        for (name, path) in entries {
            let shown = below(shown, &name);
            match Kind::of(&path) {
                Ok(Kind::Folder) => self.enter(&path, &shown),
                Ok(Kind::LinkedFolder) => self.leave_out(&shown, &LINKED_FOLDER, false),
                Ok(Kind::File(_)) if is_yaml(&name) => self.read(&path, &shown, false),
                Ok(Kind::Dangling) if is_yaml(&name) => {
                    self.leave_out(&shown, &NOTHING_BEHIND, false);
                }
                Ok(Kind::Special) if is_yaml(&name) => self.leave_out(&shown, &SPECIAL, false),
                Ok(Kind::File(_) | Kind::Dangling | Kind::Special) => {}
                Err(error) => self.leave_out(&shown, &error, false),
            }
        }
    }

    /// Adds the folder of a flow, which can contain other flows.
    fn add_flow(&mut self, folder: &Path, shown: &str) {
        let path = folder.join(DATAFLOW);
        let (Ok(place), Ok(file)) = (fs::canonicalize(folder), fs::canonicalize(&path)) else {
            return;
        };
        if !self.flows.insert(place) {
            return;
        }
        // The folder says more than its file alone.
        self.manifests
            .retain(|manifest| manifest.place.as_ref() != Some(&file));
        self.files.insert(file);
        let name = below(shown, DATAFLOW);
        if self.patches.contains(&path) {
            return self.leave_out(&name, &PATCH, false);
        }
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() > MAX_BYTES as u64 => {
                return self.leave_out(&name, &too_large(&metadata, MAX_BYTES as u64), true);
            }
            Err(error) => return self.leave_out(&name, &error, true),
            Ok(_) => {}
        }
        let mut files = BTreeMap::new();
        self.collect(folder, shown, "", &mut files);
        if files.contains_key(DATAFLOW) {
            self.folders.push((shown.to_owned(), files));
        }
    }

    /// Reads the files of a flow's folder. A file that is too large for a ConfigMap is replaced by one that is also too
    /// large, so that no data is read into memory that is of no use.
    fn collect(
        &mut self,
        folder: &Path,
        shown: &str,
        prefix: &str,
        files: &mut BTreeMap<String, Vec<u8>>,
    ) {
        let entries = match entries(folder) {
            Ok(entries) => entries,
            Err(error) => return self.leave_out(shown, &error, true),
        };
        for (name, path) in entries {
            let (shown, name) = (below(shown, &name), format!("{prefix}{name}"));
            match Kind::of(&path) {
                Ok(Kind::Folder) => self.collect(&path, &shown, &format!("{name}/"), files),
                Ok(Kind::LinkedFolder) => self.leave_out(&shown, &LINKED_FOLDER, false),
                Ok(Kind::Dangling) => self.leave_out(&shown, &NOTHING_BEHIND, false),
                Ok(Kind::Special) => self.leave_out(&shown, &SPECIAL, false),
                Ok(Kind::File(metadata)) if metadata.len() > MAX_BYTES as u64 => {
                    files.insert(name, vec![b'\n'; MAX_BYTES + 1]);
                }
                Ok(Kind::File(_)) => match fs::read(&path) {
                    Ok(bytes) => drop(files.insert(name, bytes)),
                    Err(error) => self.leave_out(&shown, &error, true),
                },
                Err(error) => self.leave_out(&shown, &error, true),
            }
        }
    }

    /// Adds a YAML file, if the user has named it or it has a Dataflow.
    fn read(&mut self, path: &Path, shown: &str, named: bool) {
        let place = match fs::canonicalize(path) {
            Ok(place) => place,
            Err(error) => return self.leave_out(shown, &error, named),
        };
        if !self.files.insert(place.clone()) {
            return;
        }
        let bytes = match fs::metadata(path) {
            Ok(metadata) if metadata.len() > MAX_MANIFEST => {
                return self.leave_out(shown, &too_large(&metadata, MAX_MANIFEST), named);
            }
            Ok(_) => fs::read(path),
            Err(error) => Err(error),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return self.leave_out(shown, &error, named),
        };
        let Ok(text) = String::from_utf8(bytes) else {
            return self.leave_out(shown, &"it is not UTF-8 text", named);
        };
        if !named && !has_dataflow(&text) {
            return;
        }
        if !named && self.patches.contains(path) {
            return self.leave_out(shown, &PATCH, false);
        }
        self.manifests.push(Manifest {
            path: shown.to_owned(),
            text,
            named,
            place: Some(place),
        });
    }
}

/// What an entry of a folder is.
enum Kind {
    Folder,
    /// A file, or a link to one.
    File(Metadata),
    LinkedFolder,
    Dangling,
    /// A pipe, a socket or a device, or a link to one.
    Special,
}

impl Kind {
    fn of(path: &Path) -> io::Result<Self> {
        let own = fs::symlink_metadata(path)?;
        let metadata = match fs::metadata(path) {
            Err(_) if own.is_symlink() => return Ok(Self::Dangling),
            metadata => metadata?,
        };
        Ok(if metadata.is_dir() && own.is_symlink() {
            Self::LinkedFolder
        } else if metadata.is_dir() {
            Self::Folder
        } else if metadata.is_file() {
            Self::File(metadata)
        } else {
            Self::Special
        })
    }
}

fn below(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

fn too_large(metadata: &Metadata, most: u64) -> String {
    format!(
        "it has {} KiB, and at most {} KiB are read",
        metadata.len().div_ceil(1024),
        most / 1024
    )
}

/// Returns names and paths of a folder's entries, sorted, without hidden and generated ones.
fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_environment = path.join("pyvenv.cfg").exists();
        if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) && !is_environment {
            entries.push((name, path));
        }
    }
    entries.sort();
    Ok(entries)
}

fn is_yaml(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|extension| extension == "yaml" || extension == "yml")
}

#[cfg(test)]
mod tests;
