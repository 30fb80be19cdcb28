//! Runs the user's own `git`, so that git decides about identity, credentials, signing, hooks and repository formats.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::Error;

/// The user's git, bound to one folder or one repository.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    cwd: PathBuf,
    repository: Vec<OsString>,
}

/// The result of one git command.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Exit code; `None` if a signal ended git.
    pub(crate) code: Option<i32>,
    /// Standard output, unchanged.
    pub(crate) stdout: Vec<u8>,
    /// Standard error, with passwords in URLs blanked.
    pub(crate) stderr: String,
}

impl Git {
    /// Runs git as a shell in `cwd` would: git itself finds the repository.
    pub(crate) fn in_folder(cwd: &Path) -> Git {
        Git {
            cwd: cwd.to_path_buf(),
            repository: Vec::new(),
        }
    }

    /// Binds git to a repository that was found before, independent of the environment.
    pub(crate) fn in_repository(git_dir: &Path, worktree: Option<&Path>) -> Git {
        let mut repository = vec![joined("--git-dir=", git_dir)];
        repository.extend(worktree.map(|path| joined("--work-tree=", path)));
        Git {
            cwd: worktree.unwrap_or(git_dir).to_path_buf(),
            repository,
        }
    }

    /// Adds a setting (`name=value`) to every command of this git.
    pub(crate) fn with_setting(mut self, setting: &str) -> Git {
        self.repository
            .extend([OsString::from("-c"), OsString::from(setting)]);
        self
    }

    /// Runs a command and returns its result with any exit code.
    pub(crate) fn ask<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Answer, Error> {
        self.feed(args, &[], &[])
    }

    /// Runs a command with standard input and extra environment.
    pub(crate) fn feed<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        input: &[u8],
        environment: &[(&str, &OsStr)],
    ) -> Result<Answer, Error> {
        let mut command = Command::new("git");
        command
            .current_dir(&self.cwd)
            .args(&self.repository)
            .args(args);
        if !self.repository.is_empty() {
            for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
                command.env_remove(name);
            }
        }
        // Paths with the names of flows are never patterns.
        command
            .env("GIT_LITERAL_PATHSPECS", "1")
            .envs(environment.iter().copied());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Error::NoGit)?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
            child.wait_with_output()
        })
        .map_err(Error::NoGit)?;
        Ok(Answer {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: without_passwords(String::from_utf8_lossy(&output.stderr).trim_end()),
        })
    }

    /// Runs a command that must succeed and returns its standard output.
    pub(crate) fn bytes<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        input: &[u8],
    ) -> Result<Vec<u8>, Error> {
        self.feed(args, input, &[])?.success(&verb(args))
    }

    /// Runs a command that must succeed and returns its output as one trimmed text.
    pub(crate) fn text<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<String, Error> {
        let bytes = self.bytes(args, &[])?;
        Ok(String::from_utf8_lossy(&bytes)
            .trim_end_matches(['\n', '\r'])
            .to_owned())
    }

    /// Runs a query. A failure means that there is no result.
    pub(crate) fn query<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Option<String>, Error> {
        let answer = self.ask(args)?;
        let text = String::from_utf8_lossy(&answer.stdout)
            .trim_end()
            .to_owned();
        Ok((answer.code == Some(0) && !text.is_empty()).then_some(text))
    }
}

impl Answer {
    /// Returns the output, or an error with the failed command and git's message.
    pub(crate) fn success(self, verb: &str) -> Result<Vec<u8>, Error> {
        if self.code == Some(0) {
            Ok(self.stdout)
        } else {
            Err(self.failure(verb))
        }
    }

    /// Converts this result to an error.
    pub(crate) fn failure(&self, verb: &str) -> Error {
        let detail = if !self.stderr.is_empty() {
            self.stderr.clone()
        } else if let Some(code) = self.code {
            format!("exit code {code}")
        } else {
            "it was killed by a signal".to_owned()
        };
        Error::Command {
            verb: verb.to_owned(),
            detail,
        }
    }
}

/// Blanks the password of each `scheme://user:password@host` in a text.
pub(crate) fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        out.push_str(head);
        let end = tail
            .find(|c: char| c.is_whitespace() || "/'\"".contains(c))
            .unwrap_or(tail.len());
        let (authority, after) = tail.split_at(end);
        match authority
            .rsplit_once('@')
            .and_then(|(user, host)| Some((user.split_once(':')?.0, host)))
        {
            Some((user, host)) => out.push_str(&format!("{user}:***@{host}")),
            None => out.push_str(authority),
        }
        rest = after;
    }
    out + rest
}

/// Whether an I/O error means that the file or folder does not exist.
pub(super) fn is_missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn joined(option: &str, path: &Path) -> OsString {
    let mut word = OsString::from(option);
    word.push(path);
    word
}

// Arguments can contain a URL with a password, so only the verb is shown.
fn verb<S: AsRef<OsStr>>(args: &[S]) -> String {
    args.iter()
        .map(|arg| arg.as_ref().to_string_lossy())
        .find(|arg| !arg.starts_with('-') && !arg.contains('='))
        .map_or_else(String::new, Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::without_passwords;

    #[test]
    fn passwords_in_urls_are_blanked() {
        let cases = [
            (
                "fatal: https://ann:s3cret@host/x.git not found",
                "fatal: https://ann:***@host/x.git not found",
            ),
            ("'https://ann:p@ss@host'", "'https://ann:***@host'"),
            (
                "ssh://git@host/x and https://host/y",
                "ssh://git@host/x and https://host/y",
            ),
            ("no url here", "no url here"),
        ];
        for (text, want) in cases {
            assert_eq!(without_passwords(text), want);
        }
    }
}
