//! A folder as SOURCE: with a dataflow.yaml it is a flow, without one it is code.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dataflow::code::{self, Code, PackFile};
use gitops::layout::{self, LayoutError};
use gitops::source::Source;
use gitops::spelling;

use super::size::too_large;
use crate::error::CommandError;

/// Name of the tar that a folder is packed into when its paths can't be keys of a ConfigMap.
const PACKED: &str = "code.tar";

/// Reads a folder.
pub(super) fn read(path: &Path) -> Result<Source, CommandError> {
    let mut walk = Walk {
        root: path,
        files: Vec::new(),
        bytes: 0,
    };
    walk.enter(path, "")?;
    let mut files = walk.files;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    if files.iter().any(|file| file.path == layout::DATAFLOW) {
        let files: BTreeMap<_, _> = files
            .into_iter()
            .map(|file| (file.path, file.bytes))
            .collect();
        return Source::from_layout(path, &files).map_err(|error| refused(path, &error));
    }
    if files.is_empty() {
        return Err(unreadable(path).because("there is no file in it"));
    }
    code_only(path, files)
}

fn code_only(path: &Path, files: Vec<PackFile>) -> Result<Source, CommandError> {
    let mut source = Source {
        path: path.to_owned(),
        ..Source::default()
    };
    source.files = files.iter().map(|file| file.path.clone()).collect();
    let keys: Result<Vec<_>, _> = files
        .iter()
        .map(|file| code::key_for_path(&file.path))
        .collect();
    let mut code = Code::new();
    if let Ok(keys) = keys {
        for (key, file) in keys.into_iter().zip(files) {
            code.insert(key, file.bytes)
                .map_err(|error| unreadable(path).chain(&error))?;
        }
    } else {
        let tar = code::pack(&files).map_err(|error| unreadable(path).chain(&error))?;
        code.insert(PACKED, tar)
            .map_err(|error| unreadable(path).chain(&error))?;
        source.tar_name = Some(PACKED.to_owned());
    }
    source.code = code;
    Ok(source)
}

fn refused(path: &Path, error: &LayoutError) -> CommandError {
    let refusal = unreadable(path).chain(error);
    match error {
        LayoutError::UnknownFields(fields) => fields
            .iter()
            .filter_map(|field| Some((field, spelling::suggest_field(field)?)))
            .fold(refusal, |refusal, (field, meant)| {
                refusal.hint(format!("write {meant} in place of {field}"))
            }),
        _ => refusal,
    }
}

fn unreadable(path: &Path) -> CommandError {
    CommandError::usage(format!("cannot read the source {}", path.display()))
}

struct Walk<'a> {
    root: &'a Path,
    files: Vec<PackFile>,
    bytes: u64,
}

impl Walk<'_> {
    fn enter(&mut self, folder: &Path, prefix: &str) -> Result<(), CommandError> {
        let failed = |error: &std::io::Error| unreadable(folder).chain(error);
        for entry in fs::read_dir(folder).map_err(|error| failed(&error))? {
            let entry = entry.map_err(|error| failed(&error))?;
            let name = entry.file_name().into_string().map_err(|name| {
                unreadable(self.root).because(format!("{} is not UTF-8", name.display()))
            })?;
            if is_no_code(&name) {
                continue;
            }
            let path = entry.path();
            let link = entry
                .file_type()
                .map_err(|error| failed(&error))?
                .is_symlink();
            let metadata = fs::metadata(&path).map_err(|error| unreadable(&path).chain(&error))?;
            let name = format!("{prefix}{name}");
            if metadata.is_file() {
                self.add(&path, name, &metadata)?;
            } else if link {
                return Err(unreadable(self.root)
                    .because(format!("{name} is a link to something that is no file"))
                    .hint("put the files themselves into the folder"));
            } else if metadata.is_dir() {
                self.enter(&path, &format!("{name}/"))?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        path: &Path,
        name: String,
        metadata: &fs::Metadata,
    ) -> Result<(), CommandError> {
        self.bytes += metadata.len();
        if self.bytes > code::MAX_BYTES as u64 {
            return Err(too_large(self.root, &name, self.bytes));
        }
        let bytes = fs::read(path).map_err(|error| unreadable(path).chain(&error))?;
        self.files.push(PackFile {
            path: name,
            bytes,
            executable: is_executable(metadata),
        });
        Ok(())
    }
}

/// Hidden files and what Python leaves behind.
fn is_no_code(name: &str) -> bool {
    name.starts_with('.') || name == "__pycache__" || name.ends_with(".pyc")
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_metadata: &fs::Metadata) -> bool {
    false
}
