//! An isolated environment for the program: a home and a working folder, nothing else of the machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use waxctl::ui::Program;
use waxctl::ui::Ui;

/// The width of texts, in columns.
const WIDTH: usize = 100;

pub(crate) const HELLO: &str = "import bytewax.operators as op\n\nflow = None\n";

/// The output and the exit code of a process.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl std::fmt::Display for Finished {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(
            formatter,
            "exit code {}\n--- stdout\n{}--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}

/// A working folder with `hello.py` in an empty home.
pub(crate) struct Environment {
    root: TempDir,
}

impl Environment {
    pub(crate) fn new() -> Self {
        let environment = Self {
            root: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir_all(environment.work()).unwrap();
        std::fs::create_dir_all(environment.root.path().join("home")).unwrap();
        environment.write("hello.py", HELLO);
        environment
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.work().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs the program by its own name.
    pub(crate) fn run(&self, args: &[&str]) -> Finished {
        self.finish(Command::new(executable()).args(args))
    }

    /// Writes a program into the folder.
    pub(crate) fn write_program(&self, path: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(path, text);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.work().join(path), executable).unwrap();
    }

    /// Writes `config`, a kubeconfig whose context `here` has this cluster and this user, both in YAML's flow style.
    pub(crate) fn write_kubeconfig(&self, cluster: &str, user: &str) {
        let text = format!(
            "current-context: here\ncontexts: [{{name: here, context: {{cluster: here, user: me, namespace: shop}}}}]\n\
             clusters: [{{name: here, cluster: {cluster}}}]\nusers: [{{name: me, user: {user}}}]\n"
        );
        self.write("config", &text);
    }

    /// Runs a verb with that kubeconfig.
    pub(crate) fn run_with_kubeconfig(&self, args: &[&str]) -> Finished {
        self.run(&[args, &["--kubeconfig", "config"]].concat())
    }

    /// Runs git in the folder, which has to succeed; returns its standard output.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let finished = self.finish(Command::new("git").args(args));
        assert_eq!(finished.code, 0, "git {args:?}: {finished}");
        finished.stdout
    }

    /// Makes the folder a repository with an identity and one commit of everything in it.
    pub(crate) fn make_repository(&self) {
        self.git(&["init", "--quiet", "-b", "main", "."]);
        self.git(&["config", "user.name", "A Person"]);
        self.git(&["config", "user.email", "person@example.com"]);
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "-m", "Start"]);
    }

    /// Runs a command in the folder. Of the machine's environment it gets only PATH, besides its own variables.
    pub(crate) fn finish(&self, command: &mut Command) -> Finished {
        let own: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        let output = command
            .current_dir(self.work())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(own)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        Finished {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub(crate) fn executable() -> PathBuf {
    assert_cmd::cargo::cargo_bin("kubectl-waxctl")
}

/// Runs the program inside the process of the test, for texts that do not depend on the machine.
pub(crate) fn say(program: Program, args: &[&str]) -> (u8, String, String) {
    let mut ui = Ui::recording(WIDTH);
    let code = waxctl::run(program, args.iter().map(Into::into).collect(), &mut ui);
    let (stdout, stderr) = ui.recorded();
    (code, stdout, stderr)
}
