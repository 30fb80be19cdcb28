//! The folders and variables that a pod gives to `waxrun`.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{ChildStderr, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use agent::report::{LiveReport, PodMessage, TerminationReport};
use nix::sys::signal::Signal;
use process_group::Program;
use tempfile::TempDir;

use crate::venv;

/// The folders and variables of one pod. A test changes them before it starts a role.
pub(crate) struct Pod {
    root: TempDir,
    variables: Vec<(String, String)>,
    path: PathBuf,
}

impl Pod {
    /// Makes a pod of a dataflow with one process, whose code is `flow.py`.
    pub(crate) fn new(code: &str) -> Self {
        let root = TempDir::new().unwrap();
        for folder in ["work", "run"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("work/flow.py"), code).unwrap();
        let at = |name: &str| root.path().join(name).display().to_string();
        let engine_port = TcpListener::bind("0.0.0.0:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
            .to_string();
        let variables = [
            ("WAXRUN_NAME", "orders"),
            ("WAXRUN_NAMESPACE", "shop"),
            ("WAXRUN_POD_NAME", "orders-0"),
            ("WAXRUN_PROCESSES", "1"),
            ("WAXRUN_START", "7"),
            ("WAXRUN_REVISION", "3f2a90bc11"),
            ("WAXRUN_PYTHON_FILE", "flow.py"),
            ("WAXRUN_ENGINE_PORT", &engine_port),
            ("WAXRUN_WORKDIR", &at("work")),
            ("WAXRUN_RUN_DIR", &at("run")),
            ("WAXRUN_PROBE_DIR", &at("probe")),
            ("WAXRUN_TERMINATION_LOG", &at("message")),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        Self {
            root,
            variables,
            path: venv::bin().to_path_buf(),
        }
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn search_path(mut self, path: &str) -> Self {
        self.path = path.into();
        self
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        let found = self.variables.iter().rev().find(|(known, _)| known == name);
        &found.unwrap().1
    }

    pub(crate) fn work(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    pub(crate) fn run_dir(&self) -> PathBuf {
        self.root.path().join("run")
    }

    pub(crate) fn command(&self, role: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waxrun"));
        command.arg(role);
        self.surround(&mut command);
        command
    }

    /// Gives a command the variables of the pod and no others.
    pub(crate) fn surround(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", &self.path)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }

    pub(crate) fn start(&self, role: &str) -> Running {
        Running::new(&mut self.command(role))
    }

    /// Runs a role to its end; returns its exit code, output and log.
    pub(crate) fn finish(&self, role: &str) -> (i32, String, String) {
        let output = self.command(role).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    pub(crate) fn message(&self) -> PodMessage {
        let text = fs::read_to_string(self.root.path().join("message")).unwrap();
        assert!(text.len() <= 1024 && !text.contains('\n'), "{text}");
        PodMessage::parse(&text).unwrap()
    }

    pub(crate) fn failure(&self) -> TerminationReport {
        match self.message() {
            PodMessage::Failed(report) => report,
            PodMessage::Probed(report) => panic!("{report:?}"),
        }
    }

    pub(crate) fn has_message(&self) -> bool {
        self.root.path().join("message").exists()
    }
}

/// A running role, with its output and log. Dropping it kills it.
pub(crate) struct Running {
    pub(crate) program: Program,
    out: Option<BufReader<ChildStdout>>,
    log: Option<BufReader<ChildStderr>>,
}

impl Running {
    pub(crate) fn new(command: &mut Command) -> Self {
        let mut program = Program::start(command).unwrap();
        let child = program.child();
        let out = child.stdout.take().map(BufReader::new);
        let log = child.stderr.take().map(BufReader::new);
        Self { program, out, log }
    }

    /// Reads standard output up to a line with `text`, which must come.
    pub(crate) fn until_out(&mut self, text: &str) -> String {
        until(self.out.as_mut().unwrap(), text)
    }

    /// Reads standard error up to a line with `text`, which must come.
    pub(crate) fn until_log(&mut self, text: &str) -> String {
        until(self.log.as_mut().unwrap(), text)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.program.signal(signal).unwrap();
    }

    pub(crate) fn wait(mut self) -> i32 {
        self.program.wait().unwrap().code().unwrap()
    }
}

fn until(from: &mut impl BufRead, text: &str) -> String {
    let mut line = String::new();
    let mut seen = String::new();
    while from.read_line(&mut line).unwrap() > 0 {
        if line.contains(text) {
            return line;
        }
        seen.push_str(&line);
        line.clear();
    }
    panic!("{text:?} did not come; instead:\n{seen}");
}

/// Polls until there is a result; fails after 120 s.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "{what} did not come to be"
        );
        // Polling without a pause would take processor time from what is waited for.
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Returns true if a process exists and is no zombie.
pub(crate) fn lives(pid: i32) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    stat.is_ok_and(|stat| !stat.rsplit(") ").next().unwrap().starts_with('Z'))
}

pub(crate) fn read_live(text: &str) -> LiveReport {
    serde_json::from_str(text).unwrap()
}
