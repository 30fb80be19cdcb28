//! Installs the completion script of a shell where the shell looks for it.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::CommandError;

/// A line in every installed script; a script without it belongs to somebody else.
const MARK: &str = "# Written by `waxctl completion install`.";

/// A shell that is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShellName {
    /// GNU bash with the package bash-completion.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
}

/// The place of a completion script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file.
    pub(crate) file: PathBuf,
    /// What the user has to do once, so that the shell looks there.
    pub(crate) once: Option<String>,
}

/// What an installation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The file is new.
    Created,
    /// The file had another content.
    Updated,
    /// The file has this content already.
    Unchanged,
}

impl ShellName {
    /// Returns the shell of the user, from the variable SHELL.
    #[must_use]
    pub(crate) fn of_user(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let shell = PathBuf::from(variable("SHELL")?);
        match shell.file_name()?.to_str()? {
            "bash" => Some(Self::Bash),
            "zsh" => Some(Self::Zsh),
            "fish" => Some(Self::Fish),
            _ => None,
        }
    }

    /// Returns the file that the shell reads for the program `waxctl`. `variable` returns environment variables.
    ///
    /// # Errors
    /// HOME is not set.
    pub(crate) fn place(
        self,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Place, CommandError> {
        let folder = |name: &str| {
            let path = variable(name).map(PathBuf::from);
            path.filter(|path| path.is_absolute())
        };
        let home = folder("HOME").ok_or_else(|| {
            CommandError::failure("cannot install the completion").because("HOME is not set")
        })?;
        let place = match self {
            Self::Bash => {
                let user = folder("BASH_COMPLETION_USER_DIR").unwrap_or_else(|| {
                    let data = folder("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share"));
                    data.join("bash-completion")
                });
                Place {
                    file: user.join("completions/waxctl"),
                    once: Some("the package bash-completion has to be installed".to_owned()),
                }
            }
            Self::Zsh => {
                let searched = variable("FPATH").unwrap_or_default();
                let own = std::env::split_paths(&searched).find(|path| path.starts_with(&home));
                let once = "add this line to ~/.zshrc, above `compinit`: fpath+=(~/.zfunc)";
                Place {
                    once: own.is_none().then(|| once.to_owned()),
                    file: own.unwrap_or_else(|| home.join(".zfunc")).join("_waxctl"),
                }
            }
            Self::Fish => {
                let config = folder("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
                Place {
                    file: config.join("fish/completions/waxctl.fish"),
                    once: None,
                }
            }
        };
        Ok(place)
    }
}

/// Writes the script to a file, unless this is a dry run.
///
/// # Errors
/// The file belongs to somebody else, or cannot be written.
pub(crate) fn write(file: &Path, script: &str, dry_run: bool) -> Result<Written, CommandError> {
    let script = marked(script);
    let written = match std::fs::read(file) {
        Ok(old) if old == script.as_bytes() => return Ok(Written::Unchanged),
        Ok(old) if !String::from_utf8_lossy(&old).contains(MARK) => {
            return Err(CommandError::policy(format!(
                "{} exists already and was not written by waxctl",
                file.display()
            ))
            .because("it may be the completion of another program with the name `waxctl`")
            .hint("remove the file, and run this again"));
        }
        Ok(_) => Written::Updated,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Written::Created,
        Err(error) => return Err(failed("read", file, &error)),
    };
    if dry_run {
        return Ok(written);
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let result = std::fs::create_dir_all(folder)
        .and_then(|()| NamedTempFile::new_in(folder))
        .and_then(|mut temporary| {
            temporary.write_all(script.as_bytes())?;
            temporary.persist(file).map_err(|error| error.error)
        });
    match result {
        Ok(_) => Ok(written),
        Err(error) => Err(failed("write", file, &error)),
    }
}

fn failed(action: &str, file: &Path, error: &std::io::Error) -> CommandError {
    CommandError::failure(format!("cannot {action} {}", file.display())).chain(error)
}

/// Returns the script with the mark. The first line stays the first: zsh reads the names of the commands there.
fn marked(script: &str) -> String {
    match script.split_once('\n') {
        Some((first, rest)) if first.starts_with("#compdef") => {
            format!("{first}\n{MARK}\n{rest}")
        }
        _ => format!("{MARK}\n{script}"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::bash(ShellName::Bash, &[], "/home/ann/.local/share/bash-completion/completions/waxctl")]
    #[case::bash_data(ShellName::Bash, &[("XDG_DATA_HOME", "/data")], "/data/bash-completion/completions/waxctl")]
    #[case::bash_own(ShellName::Bash, &[("BASH_COMPLETION_USER_DIR", "/b")], "/b/completions/waxctl")]
    #[case::zsh(ShellName::Zsh, &[], "/home/ann/.zfunc/_waxctl")]
    #[case::zsh_path(ShellName::Zsh, &[("FPATH", "/usr/share/zsh:/home/ann/z")], "/home/ann/z/_waxctl")]
    #[case::fish(ShellName::Fish, &[], "/home/ann/.config/fish/completions/waxctl.fish")]
    #[case::fish_config(ShellName::Fish, &[("XDG_CONFIG_HOME", "relative")], "/home/ann/.config/fish/completions/waxctl.fish")]
    fn script_goes_where_shell_looks(
        #[case] shell: ShellName,
        #[case] variables: &[(&str, &str)],
        #[case] expected: &str,
    ) {
        let place = shell.place(|name| {
            let home = [("HOME", "/home/ann")];
            let found = variables
                .iter()
                .chain(&home)
                .find(|(known, _)| *known == name);
            found.map(|(_, value)| value.into())
        });
        assert_eq!(place.unwrap().file, Path::new(expected));
    }

    #[test]
    fn missing_home_is_reported() {
        assert!(ShellName::Fish.place(|_| None).is_err());
    }
}
