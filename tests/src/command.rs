//! Running a program to its end and keeping everything it said.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
pub use nix::sys::signal::Signal;
use process_group::mark;

/// What a finished program left behind.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The command line, for messages.
    pub(crate) command: String,
    /// Exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Finished {
    /// Returns standard output, or an error with everything the program said when its exit code is not 0.
    pub fn ok(self) -> Result<String> {
        self.code(0).map(|finished| finished.stdout)
    }

    /// Returns itself when the program ended with `code`.
    pub fn code(self, code: i32) -> Result<Self> {
        if self.code != code {
            bail!(
                "`{}` ended with {}, expected {code}\nstdout: {}\nstderr: {}",
                self.command,
                self.code,
                self.stdout,
                self.stderr
            );
        }
        Ok(self)
    }
}

/// Runs `command` to its end with `input` on standard input.
pub fn run(command: &mut Command, input: &[u8]) -> Result<Finished> {
    let line = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ");
    let mut child = mark(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let mut stdin = child.stdin.take().context("standard input is piped")?;
    let input = input.to_vec();
    // A program may end without reading its input; that is its own business.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output()?;
    drop(writer.join());
    Ok(Finished {
        command: line,
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs git in `folder` without the machine's own configuration, as one fixed person.
pub fn git(folder: &Path, arguments: &[&str]) -> Result<Finished> {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments);
    isolate_git(&mut command, folder);
    run(&mut command, b"")
}

/// Cuts `command` off from the machine's git configuration and gives it an author.
pub fn isolate_git(command: &mut Command, home: &Path) {
    command
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.com")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.com");
}
