//! The role `install`: the program copies itself into a folder that the user's container mounts.

use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// The file name of the copy.
pub const PROGRAM: &str = "waxrun";

/// The copy failed.
#[derive(Debug, Error)]
#[error("cannot copy the program to {to}")]
pub struct InstallError {
    /// The path of the copy.
    pub to: PathBuf,
    /// The error of the system.
    pub source: io::Error,
}

/// Copies the running program into a folder; the copy appears whole or not at all.
///
/// # Errors
/// The program cannot be read, or the folder cannot be written.
pub fn install(folder: &Path) -> Result<PathBuf, InstallError> {
    let to = folder.join(PROGRAM);
    let copy = || -> io::Result<()> {
        let incoming = folder.join(".waxrun-incoming");
        fs::copy(env::current_exe()?, &incoming)?;
        fs::set_permissions(&incoming, fs::Permissions::from_mode(0o755))?;
        fs::rename(&incoming, &to)
    };
    copy().map_err(|source| InstallError {
        to: to.clone(),
        source,
    })?;
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_is_identical_and_executable() {
        let folder = tempfile::TempDir::new().unwrap();
        let first = install(folder.path()).unwrap();
        let again = install(folder.path()).unwrap();
        assert_eq!(first, again);
        assert_eq!(
            fs::read(&again).unwrap(),
            fs::read(env::current_exe().unwrap()).unwrap()
        );
        assert_eq!(
            fs::metadata(&again).unwrap().permissions().mode() & 0o777,
            0o755
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn missing_folder_is_named() {
        let error = install(Path::new("/nowhere/at/all")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot copy the program to /nowhere/at/all/waxrun"
        );
    }
}
