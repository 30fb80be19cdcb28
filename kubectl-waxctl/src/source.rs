//! SOURCE on the command line: a Python file, a tar, or a folder, read into code.

mod folder;

use std::path::{Path, PathBuf};

use dataflow::Dataflow;
use dataflow::code::{self, Code, CodeError};

use crate::error::{CommandError, suggest};
use crate::render::layout;

/// What a SOURCE holds.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Where it was read from.
    pub path: PathBuf,
    /// The code; empty for a folder whose dataflow.yaml names a ConfigMap from elsewhere.
    pub code: Code,
    /// The key of the code that is a tar.
    pub tar_name: Option<String>,
    /// Paths of the files in the code, also of those in a tar.
    pub files: Vec<String>,
    /// The folder's dataflow.yaml; its namespace may come from kustomization.yaml.
    pub dataflow: Option<Dataflow>,
}

impl Source {
    /// Reads a SOURCE.
    pub fn read(path: &Path) -> Result<Self, CommandError> {
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
        if !matches!(extension.as_str(), "py" | "tar") {
            return Err(failed()
                .because(format!("{name} is neither a Python file nor a .tar"))
                .hint("name a .py, a .tar or a folder"));
        }
        if metadata.len() > code::MAX_BYTES as u64 {
            return Err(too_large(path, &name, metadata.len()));
        }
        let bytes = std::fs::read(path).map_err(|error| failed().chain(&error))?;
        let refused = |error: CodeError| failed().chain(&error);
        let mut source = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        if extension == "tar" {
            let packed = code::unpack(&bytes).map_err(refused)?;
            source.files = packed.into_iter().map(|file| file.path).collect();
            source.tar_name = Some(name.clone());
        } else {
            source.files = vec![name.clone()];
        }
        source.code.insert(name, bytes).map_err(refused)?;
        Ok(source)
    }

    /// The Python file that the source itself decides on: the only one at its top.
    pub fn only_python_file(&self) -> Option<&str> {
        let mut top = self.python_files().filter(|file| !file.contains('/'));
        top.next().filter(|_| top.next().is_none())
    }

    /// The Python files.
    pub fn python_files(&self) -> impl Iterator<Item = &str> {
        self.files
            .iter()
            .map(String::as_str)
            .filter(|file| file.ends_with(".py"))
    }

    /// A source made of the files of a flow's folder.
    pub(crate) fn from_layout(
        path: &Path,
        files: &std::collections::BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, layout::LayoutError> {
        let rendered = layout::read_strict(files)?;
        let tar_name = rendered.dataflow.spec.tar_name.clone();
        let files = layout::code_paths(&rendered)?;
        Ok(Self {
            path: path.to_owned(),
            code: rendered.code,
            tar_name,
            files,
            dataflow: Some(rendered.dataflow),
        })
    }
}

/// Names the file beside it that may have been meant.
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
            "did you mean {}?",
            path.with_file_name(near).display()
        )),
        None => error.hint("name a .py, a .tar or a folder that is there"),
    }
}

fn too_large(path: &Path, what: &str, bytes: u64) -> CommandError {
    CommandError::usage(format!("the code in {} is too large", path.display()))
        .because(format!("{what} makes it {} KiB", bytes / 1024))
        .because(format!(
            "a ConfigMap holds at most {} KiB",
            code::MAX_BYTES / 1024
        ))
        .hint("keep data out of the code: put it into the image, or let the flow fetch it")
}

#[cfg(test)]
mod tests;
