//! The program copies itself to where the user's image will find it.

use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// The copy's name in its folder.
pub const PROGRAM: &str = "waxrun";

/// The copy could not be made.
#[derive(Debug, Error)]
#[error("the program cannot be copied to {to}")]
pub struct InstallError {
    /// The place.
    pub to: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Copies the running program into a folder; the copy appears whole or not at all.
///
/// # Errors
/// The program cannot be read or the folder not written.
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
    fn the_copy_is_the_program_and_can_be_run() {
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
    fn a_folder_that_is_not_there_is_named() {
        let error = install(Path::new("/nowhere/at/all")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the program cannot be copied to /nowhere/at/all/waxrun"
        );
    }
}
