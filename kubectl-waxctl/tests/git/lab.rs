//! An isolated folder with its own home, clock and identity, in which git and waxctl run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

pub(crate) const FLOW: &str =
    "from bytewax.dataflow import Dataflow\n\nflow = Dataflow(\"orders\")\n";

// No sample hooks, which would only cost copies. Nothing runs in the background. No fsync, because no test here cuts
// the power.
const GIT_CONFIG: &str = "[user]
name = Ann
email = ann@example.com
[init]
defaultBranch = main
templateDir =
[core]
fsync = none
[gc]
auto = 0
[maintenance]
auto = false
";

/// The isolated folder of one test.
pub(crate) struct Lab {
    folder: TempDir,
}

/// The result of a run of waxctl, without the parts that differ between machines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Lab {
    /// Creates a folder with an identity and the flow `orders.py`.
    pub(crate) fn new() -> Lab {
        let lab = Lab {
            folder: tempfile::tempdir().unwrap(),
        };
        lab.write("home/.gitconfig", GIT_CONFIG);
        lab.write("orders.py", FLOW);
        lab
    }

    /// Creates the home of another person.
    pub(crate) fn new_home(&self, folder: &str, name: &str) {
        let config = GIT_CONFIG.replace("Ann", name);
        let config = config.replace("ann@", &format!("{}@", name.to_lowercase()));
        self.write(&format!("{folder}/.gitconfig"), config);
    }

    /// Creates a folder with a repository `repo` that has one commit.
    pub(crate) fn with_repository() -> Lab {
        let lab = Lab::new();
        lab.git(".", &["init", "-q", "repo"]);
        lab.write("repo/README.md", "hello\n");
        lab.git("repo", &["add", "."]);
        lab.git("repo", &["commit", "-qm", "Start"]);
        lab
    }

    /// Creates a folder with a bare `remote.git` and its clone `repo`, both at the same commit.
    pub(crate) fn with_remote() -> Lab {
        let lab = Lab::with_repository();
        lab.git(".", &["clone", "-q", "--bare", "repo", "remote.git"]);
        lab.git(
            "repo",
            &["remote", "add", "origin", &lab.text("remote.git")],
        );
        lab.git("repo", &["fetch", "-q", "origin"]);
        lab.git(
            "repo",
            &["branch", "-q", "--set-upstream-to=origin/main", "main"],
        );
        lab
    }

    /// Copies a lab with a remote, without a process of git.
    pub(crate) fn copy_of(other: &Lab) -> Lab {
        let lab = Lab {
            folder: tempfile::tempdir().unwrap(),
        };
        copy_files(other.folder.path(), lab.folder.path());
        for config in ["repo/.git/config", "remote.git/config"] {
            let text = lab.read(config).replace(&other.text(""), &lab.text(""));
            lab.write(config, text);
        }
        lab
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn text(&self, path: &str) -> String {
        self.path(path).display().to_string()
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn executable(&self, path: &str, text: &str) {
        self.write(path, text);
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Prepares a program that has no access to the configuration of the machine. Programs in `bin` are found first.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>, cwd: &str) -> Command {
        let path = std::env::var_os("PATH").unwrap();
        let path = std::iter::once(self.path("bin")).chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        command
            .current_dir(self.path(cwd))
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", self.folder.path())
            .env("GIT_AUTHOR_DATE", "2026-11-22T12:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-11-22T12:00:00Z")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command
    }

    /// Runs git, which must succeed, and returns its output.
    pub(crate) fn git(&self, cwd: &str, args: &[&str]) -> String {
        let output = self.command("git", cwd).args(args).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout).trim_end().to_owned()
    }

    /// Prepares the waxctl of this build.
    pub(crate) fn waxctl(&self, cwd: &str, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), cwd);
        command.args(["df", "commit"]).args(args);
        command
    }

    /// Prepares `df commit` as on a terminal: Ctrl-C and the end of the terminal count even if the tests run in a
    /// background job of a shell or with `nohup`, which ignore them.
    pub(crate) fn waxctl_in_terminal(&self, cwd: &str, args: &[&str]) -> Command {
        let mut command = self.command("env", cwd);
        command
            .arg("--default-signal=INT,HUP")
            .arg(env!("CARGO_BIN_EXE_kubectl-waxctl"))
            .args(["df", "commit"])
            .args(args);
        command
    }

    /// Runs `df commit`.
    #[must_use]
    pub(crate) fn commit(&self, cwd: &str, args: &[&str]) -> Run {
        self.run(self.waxctl(cwd, args))
    }

    /// Runs `df commit` of `orders.py` to `apps/prod/orders/`, with more arguments.
    #[must_use]
    pub(crate) fn commit_orders(&self, more: &[&str]) -> Run {
        self.commit(
            "repo",
            &[&["../orders.py", "--name", "orders", "--env", "prod"], more].concat(),
        )
    }

    #[must_use]
    pub(crate) fn run(&self, mut command: Command) -> Run {
        self.seen(&command.output().unwrap())
    }

    #[must_use]
    pub(crate) fn seen(&self, output: &Output) -> Run {
        let text = |bytes: &[u8]| self.masked(&String::from_utf8_lossy(bytes));
        Run {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    // Replaces paths and object names of this run, so that the rest can be compared.
    fn masked(&self, text: &str) -> String {
        let text = text.replace(
            &self
                .folder
                .path()
                .canonicalize()
                .unwrap()
                .display()
                .to_string(),
            "LAB",
        );
        let text = text.replace(&self.folder.path().display().to_string(), "LAB");
        let mut out = String::new();
        let mut word = String::new();
        for char in text.chars().chain(['\0']) {
            if char.is_ascii_alphanumeric() {
                word.push(char);
                continue;
            }
            let hex = matches!(word.len(), 7 | 10 | 40 | 64)
                && word
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            out.push_str(if hex { "ID" } else { &word });
            word.clear();
            out.push(char);
        }
        without_ages(out.trim_end_matches('\0'))
    }
}

impl Run {
    pub(crate) fn succeeded(self) -> Run {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self
    }

    /// Returns everything that the user saw, for snapshots.
    pub(crate) fn shown(&self) -> String {
        let code = self
            .code
            .map_or_else(|| "signal".to_owned(), |code| code.to_string());
        format!("{}{}-- exit code {code}\n", self.out, self.err)
    }
}

/// Copies all files and folders of a folder to another one.
fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_files(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Replaces the ages of commits: the clock of the lab stands still, but not the one of waxctl.
fn without_ages(text: &str) -> String {
    let mut parts: Vec<String> = text.split(" ago").map(str::to_owned).collect();
    let last = parts.pop().unwrap_or_default();
    let masked = parts.iter().map(|part| {
        let start = part.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        format!("{}AGE ago", &part[..start])
    });
    masked.collect::<String>() + &last
}

/// Returns all files in a folder except git's own, with content and time of change, and the index.
pub(crate) fn footprint(repository: &Path) -> Vec<(PathBuf, std::time::SystemTime, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![repository.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                if path.file_name().unwrap() != ".git" {
                    folders.push(path);
                }
            } else {
                let modified = entry.metadata().unwrap().modified().unwrap();
                found.push((path.clone(), modified, fs::read(path).unwrap()));
            }
        }
    }
    let index = repository.join(".git/index");
    let modified = index.metadata().unwrap().modified().unwrap();
    found.push((index.clone(), modified, fs::read(index).unwrap()));
    found.sort();
    found
}
