//! Packs a folder of code into one tar archive and unpacks it. The same files always give the same bytes.

use std::collections::BTreeSet;
use std::io::Read;

use tar::{Archive, Builder, EntryType, Header};

use super::error::CodeError;
use super::key::check_inside;
use super::limit::MAX_BYTES;

/// Maximum size of the unpacked content of an archive, in bytes.
const MAX_UNPACKED: usize = 64 * MAX_BYTES;

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackFile {
    /// Path inside the folder, separated by slashes.
    pub path: String,
    /// Content of the file.
    pub bytes: Vec<u8>,
    /// Whether the file is executable.
    pub executable: bool,
}

/// Packs files into a tar archive: sorted by path, without owner, time or folders.
///
/// # Errors
///
/// Fails if a path points outside the folder or occurs twice, or if the archive does not fit into a ConfigMap.
pub fn pack(files: &[PackFile]) -> Result<Vec<u8>, CodeError> {
    let mut sorted: Vec<&PackFile> = files.iter().collect();
    sorted.sort();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0].path == pair[1].path) {
        return Err(CodeError::Duplicate(pair[0].path.clone()));
    }
    let mut builder = Builder::new(Vec::new());
    for file in sorted {
        check_inside(&file.path)?;
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(file.bytes.len() as u64);
        header.set_mode(if file.executable { 0o755 } else { 0o644 });
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        builder
            .append_data(&mut header, &file.path, file.bytes.as_slice())
            .map_err(unreadable)?;
    }
    let archive = builder.into_inner().map_err(unreadable)?;
    if archive.len() > MAX_BYTES {
        return Err(CodeError::TooLarge(archive.len()));
    }
    Ok(archive)
}

/// Reads the files of a tar archive, sorted by path.
///
/// # Errors
///
/// Fails if the archive is damaged or too large. Also fails if it contains a path outside the folder, a link, a device,
/// or the same path twice.
pub fn unpack(archive: &[u8]) -> Result<Vec<PackFile>, CodeError> {
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    let mut total = 0;
    for entry in Archive::new(archive).entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let raw = entry.path_bytes().into_owned();
        let path = String::from_utf8(raw)
            .map_err(|error| CodeError::Path(error.into_bytes().escape_ascii().to_string()))?;
        let path = path
            .strip_prefix("./")
            .unwrap_or(&path)
            .trim_end_matches('/')
            .to_owned();
        match entry.header().entry_type() {
            EntryType::Directory if path.is_empty() || path == "." => continue,
            EntryType::Directory => {
                check_inside(&path)?;
                continue;
            }
            // Global pax headers contain comments, not files.
            EntryType::XGlobalHeader => continue,
            EntryType::Regular | EntryType::Continuous => check_inside(&path)?,
            _ => return Err(CodeError::NotAFile(path)),
        }
        if !seen.insert(path.clone()) {
            return Err(CodeError::Duplicate(path));
        }
        let executable = entry.header().mode().map_err(unreadable)? & 0o100 != 0;
        let mut bytes = Vec::new();
        let room = (MAX_UNPACKED - total) as u64;
        entry
            .by_ref()
            .take(room + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        total += bytes.len();
        if total > MAX_UNPACKED {
            return Err(CodeError::TooLarge(total));
        }
        files.push(PackFile {
            path,
            bytes,
            executable,
        });
    }
    files.sort();
    Ok(files)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "map_err hands the error over by value"
)]
fn unreadable(error: std::io::Error) -> CodeError {
    CodeError::Archive(error.to_string())
}
