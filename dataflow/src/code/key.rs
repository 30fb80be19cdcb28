//! Converts between paths of files and keys of a ConfigMap. A key cannot contain a slash, so `pkg/mod.py` has the key
//! `pkg..mod.py`.

use super::error::CodeError;

const SEPARATOR: &str = "..";
const MAX_KEY: usize = 253;

/// Returns the key of the file with this path in a ConfigMap.
///
/// # Errors
///
/// Fails if the path points outside its folder, or if the key could not be converted back to the path.
pub fn key_for_path(path: &str) -> Result<String, CodeError> {
    check_inside(path)?;
    // A dot at the end of a name would merge with the separator after it.
    if path
        .split('/')
        .any(|name| name.contains(SEPARATOR) || name.ends_with('.'))
    {
        return Err(CodeError::DotsInName(path.to_owned()));
    }
    let key = path.replace('/', SEPARATOR);
    if is_config_map_key(&key) {
        Ok(key)
    } else {
        Err(CodeError::Key(path.to_owned()))
    }
}

/// Returns the path of the file with this key in a ConfigMap.
///
/// # Errors
///
/// Fails if [`key_for_path`] returns this key for no path.
pub fn path_for_key(key: &str) -> Result<String, CodeError> {
    let path = key.replace(SEPARATOR, "/");
    match key_for_path(&path) {
        Ok(back) if back == key => Ok(path),
        _ => Err(CodeError::Key(key.to_owned())),
    }
}

/// Returns an error if a path is absolute, contains `..`, or does not name a file.
pub(super) fn check_inside(path: &str) -> Result<(), CodeError> {
    let inside = !path.contains('\0')
        && path
            .split('/')
            .all(|name| !name.is_empty() && name != "." && name != "..");
    if inside {
        Ok(())
    } else {
        Err(CodeError::Path(path.to_owned()))
    }
}

/// Returns true if the API server accepts the text as a key of a ConfigMap.
pub(super) fn is_config_map_key(key: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !key.is_empty()
        && key.len() <= MAX_KEY
        && key != "."
        && !key.starts_with(SEPARATOR)
        && key.bytes().all(allowed)
}
