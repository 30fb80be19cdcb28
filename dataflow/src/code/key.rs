//! Paths of files as keys of a ConfigMap, which can't hold a slash: `pkg/mod.py` is `pkg..mod.py`.

use super::error::CodeError;

const SEPARATOR: &str = "..";
const MAX_KEY: usize = 253;

/// The key under which a ConfigMap holds the file with this path.
///
/// # Errors
///
/// Fails if the path leads out of its folder, or if no key could be turned back into it.
pub fn key_for_path(path: &str) -> Result<String, CodeError> {
    check_inside(path)?;
    // A dot at the end of a name would melt into the separator behind it.
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

/// The path of the file that a ConfigMap holds under this key.
///
/// # Errors
///
/// Fails if the key is none that [`key_for_path`] gives.
pub fn path_for_key(key: &str) -> Result<String, CodeError> {
    let path = key.replace(SEPARATOR, "/");
    match key_for_path(&path) {
        Ok(back) if back == key => Ok(path),
        _ => Err(CodeError::Key(key.to_owned())),
    }
}

/// Refuses a path that is absolute, leads upwards, or names no file.
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

/// The API server's own rule for the keys of a ConfigMap.
pub(super) fn is_config_map_key(key: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !key.is_empty()
        && key.len() <= MAX_KEY
        && key != "."
        && !key.starts_with(SEPARATOR)
        && key.bytes().all(allowed)
}
