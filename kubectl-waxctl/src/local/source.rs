//! Reads the SOURCE of a command line: a Python file, a tar, or a folder.

use std::path::Path;

use dataflow::code::{self, CodeError};
use gitops::environment::{self, FlowPlace};
use gitops::source::Source;
use gitops::suggest::suggest;

use super::folder;
use super::size::too_large;
use crate::error::CommandError;
use crate::hints;

/// Reads a SOURCE.
///
/// # Errors
/// It does not exist, contains no code, or is too large for a ConfigMap.
pub(crate) fn read(path: &Path) -> Result<Source, CommandError> {
    let mut source = read_files(path)?;
    source.place = place(path);
    Ok(source)
}

/// Returns the place of a path in a repository with flows.
fn place(path: &Path) -> Option<FlowPlace> {
    let path = path.canonicalize().ok()?;
    let top = path.ancestors().find(|above| above.join(".git").exists())?;
    environment::place_of(path.strip_prefix(top).ok()?.to_str()?)
}

fn read_files(path: &Path) -> Result<Source, CommandError> {
    let text = path.to_string_lossy();
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(
            CommandError::usage(format!("a SOURCE from {scheme}:// is not supported"))
                .hint("download it first and name the file"),
        );
    }
    let failed = || CommandError::usage(format!("cannot read the source {text}"));
    let metadata =
        std::fs::metadata(path).map_err(|error| hint_near(failed().chain(&error), path))?;
    if metadata.is_dir() {
        return folder::read(path);
    }
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    if extension == "ipynb" {
        return Err(failed()
            .because(format!("{name} is a notebook, not a Python file"))
            .hint(hints::export_notebook(&text)));
    }
    if !matches!(extension.as_str(), "py" | "tar") || !metadata.is_file() {
        return Err(failed()
            .because(format!("{name} is neither a Python file nor a .tar"))
            .hint("name a .py, a .tar or a folder"));
    }
    if metadata.len() > code::MAX_BYTES as u64 {
        return Err(too_large(path, &name, metadata.len()));
    }
    let bytes = std::fs::read(path).map_err(|error| failed().chain(&error))?;
    let refused = |error: CodeError| failed().chain(&error);
    let mut source = Source {
        path: path.to_owned(),
        ..Source::default()
    };
    if extension == "tar" {
        let packed = code::unpack(&bytes).map_err(refused)?;
        source.files = packed.into_iter().map(|file| file.path).collect();
        source.tar_name = Some(name.clone());
    } else {
        source.files = vec![name.clone()];
        source.beside = beside(path, &name);
    }
    source.code.insert(name, bytes).map_err(refused)?;
    Ok(source)
}

/// Returns the names of the modules beside a file.
fn beside(path: &Path, own: &str) -> Vec<String> {
    let folder = path.canonicalize().ok();
    let folder = folder.as_deref().and_then(Path::parent);
    let entries = folder
        .map(std::fs::read_dir)
        .into_iter()
        .flatten()
        .flatten();
    let module = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let package = entry.path().join("__init__.py").is_file();
        let module = name.strip_suffix(".py").map(str::to_owned);
        module
            .or(package.then_some(name.clone()))
            .filter(|_| name != own)
    };
    entries.flatten().filter_map(module).collect()
}

/// Adds a hint with a file of a similar name in the same folder.
fn hint_near(error: CommandError, path: &Path) -> CommandError {
    let folder = path
        .parent()
        .filter(|parent| *parent != Path::new(""))
        .unwrap_or(Path::new("."));
    let names: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let typed = path.file_name().unwrap_or_default().to_string_lossy();
    match suggest(&typed, names.iter().map(String::as_str)) {
        Some(near) => error.hint(format!(
            "did you mean `{}`?",
            path.with_file_name(near).display()
        )),
        None => error.hint("name a .py, a .tar or a folder that exists"),
    }
}

#[cfg(test)]
mod tests;
