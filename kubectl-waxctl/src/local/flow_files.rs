//! Finds the files of flows below a folder: folders with a dataflow.yaml, and other YAML files with a Dataflow.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dataflow::code::MAX_BYTES;
use gitops::layout::DATAFLOW;
use gitops::validation::has_dataflow;

use crate::error::CommandError;

/// Folders that contain no flows of their own.
const SKIPPED: [&str; 2] = ["__pycache__", "node_modules"];

/// The files that can contain flows, each with its path as messages name it.
#[derive(Debug, Default)]
pub(crate) struct FlowFiles {
    /// Folders with a dataflow.yaml, with all their files.
    pub(crate) folders: Vec<(String, BTreeMap<String, Vec<u8>>)>,
    /// Other YAML files with a Dataflow.
    pub(crate) manifests: Vec<(String, String)>,
}

/// Adds the flows of a file or of a folder and everything below it. Links to folders are not followed.
///
/// # Errors
/// The path does not exist, or something cannot be read.
pub(crate) fn find(path: &Path, found: &mut FlowFiles) -> Result<(), CommandError> {
    let failed = |error: &std::io::Error| {
        CommandError::usage(format!("cannot read {}", path.display())).chain(error)
    };
    let metadata = fs::metadata(path).map_err(|error| {
        failed(&error).hint("name a repository, a folder of a flow, a YAML file, or `-`")
    })?;
    let shown = path.display().to_string();
    // Forges name files without it.
    let shown = shown.strip_prefix("./").unwrap_or(&shown);
    if metadata.is_dir() {
        let shown = shown.trim_end_matches('/');
        return enter(path, if shown == "." { "" } else { shown }, found);
    }
    if !metadata.is_file() {
        return Err(CommandError::usage(format!(
            "{} is not a file or a folder",
            path.display()
        )));
    }
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    found.manifests.push((shown.to_owned(), text));
    Ok(())
}

fn enter(folder: &Path, shown: &str, found: &mut FlowFiles) -> Result<(), CommandError> {
    if folder.join(DATAFLOW).is_file() {
        let mut files = BTreeMap::new();
        collect(folder, "", &mut files)?;
        found.folders.push((shown.to_owned(), files));
        return Ok(());
    }
    for (name, path) in entries(folder)? {
        let below = if shown.is_empty() {
            name.clone()
        } else {
            format!("{shown}/{name}")
        };
        let metadata = fs::symlink_metadata(&path).map_err(|error| unreadable(&path, &error))?;
        if metadata.is_dir() {
            enter(&path, &below, found)?;
        } else if is_yaml(&name)
            && metadata.is_file()
            && metadata.len() <= 4 * MAX_BYTES as u64
            && let Ok(text) = fs::read_to_string(&path)
            && has_dataflow(&text)
        {
            found.manifests.push((below, text));
        }
    }
    Ok(())
}

/// Reads the files of a flow's folder. A file that is too large for a ConfigMap is replaced by one that is also too
/// large, so that no data is read into memory that is of no use.
fn collect(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), CommandError> {
    for (name, path) in entries(folder)? {
        let link = fs::symlink_metadata(&path).map_err(|error| unreadable(&path, &error))?;
        // A link to nothing is no file; the check then says that the file is missing.
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        let name = format!("{prefix}{name}");
        if metadata.is_dir() {
            if !link.is_symlink() {
                collect(&path, &format!("{name}/"), files)?;
            }
        } else if metadata.len() > MAX_BYTES as u64 {
            files.insert(name, vec![b'\n'; MAX_BYTES + 1]);
        } else if metadata.is_file() {
            let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
            files.insert(name, bytes);
        }
    }
    Ok(())
}

/// Returns names and paths of a folder's entries, sorted, without hidden and generated ones.
fn entries(folder: &Path) -> Result<Vec<(String, std::path::PathBuf)>, CommandError> {
    let failed = |error: std::io::Error| unreadable(folder, &error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
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

fn unreadable(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::failure(format!("cannot read {}", path.display())).chain(error)
}
