//! Runs the user's own `git`, so that git decides about identity, credentials, signing, hooks and repository formats.
//!
//! A git for the folder that the user works in has the environment of the user, and hooks get it as plain git would pass
//! it on. A git for a repository that was named has none of the variables by which git finds a repository.

use std::borrow::Cow;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{ErrorKind, Write};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::Error;
use super::url::{self, Split};
use crate::interrupt;

/// The user's git, bound to one folder or one repository.
#[derive(Clone)]
pub(crate) struct Git {
    cwd: PathBuf,
    named: bool,
    options: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    settings: Vec<(String, String)>,
    secrets: Vec<String>,
}

/// The result of one git command.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Exit code; `None` if a signal ended git.
    pub(crate) code: Option<i32>,
    /// Standard output, unchanged.
    pub(crate) stdout: Vec<u8>,
    /// Standard error, without control characters and credentials.
    pub(crate) stderr: String,
}

// What `git rev-parse --local-env-vars` prints, and what only has a meaning for one repository. As when git itself enters
// another repository, the configuration in the environment stays: it is the user's, and CI passes credentials in it.
const OF_ONE_REPOSITORY: [&str; 16] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

// GIT_CONFIG makes `git config` read one file in place of the configuration that all other commands use.
const NEVER: [&str; 2] = ["GIT_CONFIG", "GIT_PREFIX"];

const OTHER_PATHSPECS: [&str; 3] = [
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
];

// Their hooks get the settings of plain git, and they do not read the index.
const RUN_HOOKS: [&str; 4] = ["fetch", "hook", "push", "update-ref"];

// A file system monitor saves nothing for a few paths. Git runs it whenever it reads the index, and would start its own
// one in the background.
const NO_MONITOR: (&str, &str) = ("core.fsmonitor", "false");

const USER: &str = "WAXCTL_GIT_USERNAME";
const PASSWORD: &str = "WAXCTL_GIT_PASSWORD";

impl Git {
    /// Runs git as a shell in `cwd` would: git itself finds the repository.
    pub(crate) fn in_folder(cwd: &Path) -> Git {
        Git {
            cwd: cwd.to_path_buf(),
            named: false,
            options: Vec::new(),
            environment: Vec::new(),
            settings: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// Runs git in a folder that was named: variables that name another repository are removed.
    pub(crate) fn in_named_folder(cwd: &Path) -> Git {
        Git {
            named: true,
            ..Git::in_folder(cwd)
        }
    }

    /// Changes to another folder.
    pub(super) fn at(mut self, cwd: &Path) -> Git {
        self.cwd = cwd.to_path_buf();
        self
    }

    /// Names the repository explicitly. Hooks see this, too, so it is only for repositories that git would not find.
    pub(super) fn bound(mut self, git_dir: &Path) -> Git {
        let mut option = OsString::from("--git-dir=");
        option.push(git_dir);
        self.options.push(option);
        self
    }

    /// Adds a variable to the environment of every command.
    pub(super) fn with_variable(
        mut self,
        name: impl AsRef<OsStr>,
        value: impl AsRef<OsStr>,
    ) -> Git {
        let name = name.as_ref().to_owned();
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.as_ref().to_owned()));
        self
    }

    /// Adds a setting to every command of this git. It is passed in the environment: arguments are visible to every user
    /// of the machine.
    pub(crate) fn with_setting(mut self, name: &str, value: &str) -> Git {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes the credentials out of an address that git would pass on in the arguments of a process. Git gets them from a
    /// credential helper instead. `written` is the address in the configuration.
    pub(super) fn hiding(mut self, written: &str, split: &Split) -> Git {
        let address = &split.address;
        for rewriting in ["insteadOf", "pushInsteadOf"] {
            self = self.with_setting(&format!("url.{address}.{rewriting}"), written);
        }
        self.secrets.push(split.written.clone());
        let Some(password) = &split.password else {
            return self.with_setting(&format!("credential.{address}.username"), &split.user);
        };
        self.secrets.extend([split.user.clone(), password.clone()]);
        let number = self.secrets.len();
        let (user, secret) = (format!("{USER}_{number}"), format!("{PASSWORD}_{number}"));
        let answer = format!(r#"printf 'username=%s\npassword=%s\n' "${user}" "${secret}""#);
        let helper = format!(r#"!f() {{ test "$1" != get || {answer}; }}; f"#);
        let name = format!("credential.{address}.helper");
        self.with_setting(&name, "")
            .with_setting(&name, &helper)
            .with_variable(user, &split.user)
            .with_variable(secret, password)
    }

    /// Returns a variable of the environment in which this git runs.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        let own = self.environment.iter().find(|(known, _)| known == name);
        match own {
            Some((_, value)) => Some(value.clone()),
            None if self.named && OF_ONE_REPOSITORY.contains(&name) => None,
            None => env::var_os(name).filter(|value| !value.is_empty()),
        }
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
        let mut command = self.command(args);
        command.envs(environment.iter().copied());
        let mut child = command.spawn().map_err(|error| self.not_started(error))?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
            child.wait_with_output()
        })
        .map_err(Error::NoGit)?;
        if output.status.code().is_some() {
            interrupt::stop_here();
        } else {
            interrupt::stop_here_after_signal();
        }
        Ok(Answer {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: self.said(&output.stderr),
        })
    }

    /// Prepares a command with pipes for its three streams.
    pub(super) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new("git");
        command
            .current_dir(&self.cwd)
            .args(&self.options)
            .args(args);
        for name in NEVER {
            command.env_remove(name);
        }
        if self.named {
            for name in OF_ONE_REPOSITORY {
                command.env_remove(name);
            }
        }
        // Paths with the names of flows are never patterns. Hooks would inherit the variable, but no command with paths
        // runs hooks.
        let verb = args.first().map(AsRef::as_ref);
        if verb != Some(OsStr::new("hook")) && args.iter().any(|arg| arg.as_ref() == "--") {
            command.env("GIT_LITERAL_PATHSPECS", "1");
            for name in OTHER_PATHSPECS {
                command.env_remove(name);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let runs_hooks = verb.is_some_and(|verb| RUN_HOOKS.iter().any(|name| verb == *name));
        self.pass_settings(&mut command, runs_hooks);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        interrupt::watch();
        if interrupt::is_held() {
            command.process_group(0);
        }
        command
    }

    // The settings come after those that the user passes in the same way.
    fn pass_settings(&self, command: &mut Command, runs_hooks: bool) {
        let mut settings: Vec<(&str, &str)> = Vec::new();
        settings.extend((!runs_hooks).then_some(NO_MONITOR));
        let own = self.settings.iter();
        settings.extend(own.map(|(name, value)| (name.as_str(), value.as_str())));
        if settings.is_empty() {
            return;
        }
        let count = env::var("GIT_CONFIG_COUNT").ok();
        let first: usize = count.and_then(|count| count.parse().ok()).unwrap_or(0);
        for (number, (name, value)) in (first..).zip(&settings) {
            command.env(format!("GIT_CONFIG_KEY_{number}"), name);
            command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        let count = first + settings.len();
        command.env("GIT_CONFIG_COUNT", count.to_string());
    }

    /// Returns what git, a hook or a forge has said, without control characters and credentials.
    pub(super) fn said(&self, output: &[u8]) -> String {
        let mut text = url::without_controls(&String::from_utf8_lossy(output));
        // `git` and other short names are no secrets, and would blank half of a text.
        for secret in self.secrets.iter().filter(|secret| secret.len() > 4) {
            text = text.replace(secret.as_str(), "***");
        }
        url::without_credentials(text.trim_end())
    }

    /// Converts a failed start: the folder may be missing, and not git.
    pub(super) fn not_started(&self, error: std::io::Error) -> Error {
        if is_missing(&error) && !self.cwd.is_dir() {
            Error::NoFolder(self.cwd.clone())
        } else {
            Error::NoGit(error)
        }
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

// Settings and variables can contain credentials.
impl fmt::Debug for Git {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Git")
            .field("cwd", &self.cwd)
            .field("named", &self.named)
            .finish_non_exhaustive()
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

/// Whether an I/O error means that the file or folder does not exist.
pub(super) fn is_missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

// Arguments can contain what nobody should read, so only the verb is shown.
fn verb<S: AsRef<OsStr>>(args: &[S]) -> String {
    args.iter()
        .map(|arg| arg.as_ref().to_string_lossy())
        .find(|arg| !arg.starts_with('-') && !arg.contains('='))
        .map_or_else(String::new, Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_one_repository_cover_gits_list() {
        let output = Command::new("git")
            .args(["rev-parse", "--local-env-vars"])
            .output()
            .unwrap();
        let list = String::from_utf8(output.stdout).unwrap();
        let kept = ["GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"];
        let missing: Vec<&str> = list
            .lines()
            .filter(|name| !OF_ONE_REPOSITORY.contains(name) && !kept.contains(name))
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn debug_text_and_arguments_have_no_credentials() {
        let written = "https://ann:s3cretpassword@host/x.git";
        let git =
            Git::in_named_folder(Path::new("/")).hiding(written, &Split::of(written).unwrap());
        let shown = format!("{git:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        let command = git.command(&["fetch", "origin"]);
        let args: Vec<_> = command.get_args().collect();
        assert_eq!(args, ["fetch", "origin"]);
        assert_eq!(
            git.said(b"remote: bad token s3cretpassword"),
            "remote: bad token ***"
        );
    }
}
