//! Reads a folder as SOURCE: a flow if it has a dataflow.yaml, else only code.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dataflow::code::{self, Code, PackFile};
use gitops::layout::{self, LayoutError};
use gitops::left_out::{self, LeftOut};
use gitops::source::Source;
use gitops::spelling;

use super::size::folder_too_large;
use super::walk::{Found, Walked, unreadable, walk};
use crate::error::CommandError;

/// Name of the tar that a folder is packed into if its paths cannot be keys of a ConfigMap.
const PACKED: &str = "code.tar";

/// Reads a folder.
pub(super) fn read(path: &Path) -> Result<Source, CommandError> {
    let root = fs::canonicalize(path).map_err(|error| unreadable(path).chain(&error))?;
    let Walked {
        mut files,
        mut left_out,
    } = walk(path, &root)?;
    add_named_files(&root, &mut files, &mut left_out);
    let sizes: Vec<_> = files
        .iter()
        .map(|file| (file.path.as_str(), file.bytes))
        .collect();
    if sizes.iter().map(|(_, bytes)| bytes).sum::<u64>() > code::MAX_BYTES as u64 {
        return Err(folder_too_large(path, &sizes));
    }
    let files = files
        .into_iter()
        .map(|file| read_file(path, file))
        .collect::<Result<Vec<_>, _>>()?;
    let mut source = if files.iter().any(|file| file.path == layout::DATAFLOW) {
        let files: BTreeMap<_, _> = files
            .into_iter()
            .map(|file| (file.path, file.bytes))
            .collect();
        Source::from_layout(path, &files).map_err(|error| refused(path, &error))?
    } else if files.is_empty() {
        let empty = unreadable(path).because("it contains no file of a flow");
        return Err(left_out::notes(&left_out)
            .iter()
            .fold(empty, CommandError::because));
    } else {
        code_only(path, files)?
    };
    source.left_out = left_out;
    source.folder_name = root
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    Ok(source)
}

/// Adds the files that a kustomization.yaml names. They are part of the flow, even if a rule of git hides them.
fn add_named_files(root: &Path, files: &mut Vec<Found>, left_out: &mut Vec<LeftOut>) {
    let text = fs::read(root.join(layout::KUSTOMIZATION)).unwrap_or_default();
    for path in layout::named_files(&String::from_utf8_lossy(&text)) {
        if files.iter().any(|file| file.path == path) {
            continue;
        }
        let place = fs::canonicalize(root.join(&path)).ok();
        let Some(place) = place.filter(|place| place.starts_with(root) && place.is_file()) else {
            continue;
        };
        let bytes = fs::metadata(&place).map_or(0, |metadata| metadata.len());
        left_out.retain(|entry| entry.path != path);
        files.push(Found {
            path,
            place,
            bytes,
            executable: false,
        });
    }
}

fn read_file(folder: &Path, file: Found) -> Result<PackFile, CommandError> {
    let bytes = fs::read(&file.place)
        .map_err(|error| unreadable(&folder.join(&file.path)).chain(&error))?;
    Ok(PackFile {
        path: file.path,
        bytes,
        executable: file.executable,
    })
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
                refusal.hint(format!("write `{meant}` instead of `{field}`"))
            }),
        _ => refusal,
    }
}
