//! Finds the Python that has Bytewax, in an image of unknown layout.

use std::{
    ffi::OsStr,
    fmt,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use thiserror::Error;

/// The path in the official image.
const VENV_PYTHON: &str = "/venv/bin/python";

/// Tests for Bytewax without loading the engine, which would take as long as a start.
const HAS_BYTEWAX: &str =
    "import importlib.util, sys; sys.exit(importlib.util.find_spec('bytewax.run') is None)";

/// No Python with Bytewax was found.
#[derive(Debug, Error, Eq, PartialEq)]
pub struct NoPython {
    /// The Pythons that were tried.
    pub tried: Vec<Attempt>,
}

/// One Python that was tried.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// The name or path.
    pub name: String,
    /// Why it cannot be used.
    pub refused: String,
}

impl fmt::Display for NoPython {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no Python with Bytewax in this image; tried ")?;
        for (i, Attempt { name, refused }) in self.tried.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{name}: {refused}")?;
        }
        Ok(())
    }
}

/// Returns the first Python with Bytewax of: `python` on the path, `/venv/bin/python`, `python3` on the path.
///
/// # Errors
/// None of them has Bytewax.
pub fn find(search_path: Option<&OsStr>) -> Result<PathBuf, NoPython> {
    find_among(&["python", VENV_PYTHON, "python3"], search_path)
}

fn find_among(names: &[&str], search_path: Option<&OsStr>) -> Result<PathBuf, NoPython> {
    let mut tried = Vec::new();
    for name in names {
        let refused = match locate(name, search_path) {
            None if name.contains('/') => "not found".to_owned(),
            None => "not on PATH".to_owned(),
            Some(path) => match try_python(&path) {
                Ok(()) => return Ok(path),
                Err(reason) => format!("{} {reason}", path.display()),
            },
        };
        tried.push(Attempt {
            name: (*name).to_owned(),
            refused,
        });
    }
    Err(NoPython { tried })
}

fn locate(name: &str, search_path: Option<&OsStr>) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| is_program(path));
    }
    std::env::split_paths(search_path?)
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn try_python(path: &Path) -> Result<(), String> {
    let status = Command::new(path)
        .args(["-c", HAS_BYTEWAX])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("has no module bytewax.run".to_owned()),
        Err(error) => Err(format!("cannot be run ({error})")),
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, fs};

    use tempfile::TempDir;

    use super::*;

    fn program(folder: &Path, name: &str, script: &str) {
        let path = folder.join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn first_python_with_bytewax_is_used() {
        let (first, second) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        program(first.path(), "python", "#!/bin/sh\nexit 1\n");
        program(second.path(), "python", "#!/bin/sh\nexit 0\n");
        program(second.path(), "python3", "#!/bin/sh\nexit 0\n");
        let path = std::env::join_paths([first.path(), second.path()]).unwrap();
        // Only the first of a name on the path counts, as for a shell.
        assert_eq!(
            find_among(&["python", "python3"], Some(&path)),
            Ok(second.path().join("python3"))
        );
        assert_eq!(
            find_among(&["python", "python3"], Some(second.path().as_os_str())),
            Ok(second.path().join("python"))
        );
    }

    #[test]
    fn error_names_every_python_tried() {
        let folder = TempDir::new().unwrap();
        program(folder.path(), "python", "#!/bin/sh\nexit 1\n");
        fs::write(folder.path().join("python3"), "no program").unwrap();
        program(folder.path(), "broken", "#!/no/such/shell\n");
        let names = ["python", "/no/venv/bin/python", "python3", "broken"];
        let error = find_among(&names, Some(folder.path().as_os_str())).unwrap_err();
        let text = error
            .to_string()
            .replace(&folder.path().display().to_string(), "/bin");
        insta::assert_snapshot!(text, @"no Python with Bytewax in this image; tried python: /bin/python has no module bytewax.run; /no/venv/bin/python: not found; python3: not on PATH; broken: /bin/broken cannot be run (No such file or directory (os error 2))");
        assert_eq!(
            find_among(&["python"], Some(&OsString::new()))
                .unwrap_err()
                .tried
                .len(),
            1
        );
    }
}
