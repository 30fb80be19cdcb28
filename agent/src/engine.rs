//! The engine as a process: `launcher.py` in the user's Python, in a process group of its own.

use std::{
    env, fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use nix::{
    errno::Errno,
    sys::signal::{Signal, killpg},
    unistd::{AccessFlags, Pid, access},
};
use store::spec::Intervals;
use thiserror::Error;

/// The Python program that runs the engine and reports how it ended.
const LAUNCHER: &str = include_str!("launcher.py");

/// The part of the launcher that finds out which failure an exception is.
const FAILURES: &str = include_str!("failures.py");

/// The part of the launcher that it runs after a failed import.
const EXPLAIN: &str = include_str!("explain.py");

/// The variables that `bytewax.run` reads. An image may set any of them; only the settings of the agent are
/// valid.
const ENGINE_VARIABLES: [&str; 12] = [
    "BYTEWAX_ADDRESSES",
    "BYTEWAX_DATAFLOW_API_CACHE_PATH",
    "BYTEWAX_DATAFLOW_API_ENABLED",
    "BYTEWAX_DATAFLOW_API_PORT",
    "BYTEWAX_HOSTFILE_PATH",
    "BYTEWAX_POD_NAME",
    "BYTEWAX_PROCESS_ID",
    "BYTEWAX_RECOVERY_BACKUP_INTERVAL",
    "BYTEWAX_RECOVERY_DIRECTORY",
    "BYTEWAX_SNAPSHOT_INTERVAL",
    "BYTEWAX_STATEFULSET_NAME",
    "BYTEWAX_WORKERS_PER_PROCESS",
];

/// The variables that code keeps when it is only loaded on a user's machine: those by which programs, libraries and
/// texts are found. No other one is passed on, since variables hold credentials.
///
/// `HOME` is one of them because `pip install --user` puts packages below it.
const FINDING_VARIABLES: [&str; 14] = [
    "CONDA_PREFIX",
    "DYLD_LIBRARY_PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONUSERBASE",
    "TMPDIR",
    "TZ",
    "VIRTUAL_ENV",
];

/// The variables of the caller that an engine gets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Inherited {
    /// All of them.
    All,
    /// Only those by which programs, libraries and texts are found.
    Finding,
}

/// The task of the launcher.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Run the dataflow.
    Run,
    /// Load the dataflow and report its steps.
    Probe,
    /// Load the dataflow and report its steps, and the streams between them.
    Describe,
}

/// The settings of one engine process.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The Python that has Bytewax.
    pub python: PathBuf,
    /// The code folder, which is the current folder of the engine.
    pub workdir: PathBuf,
    /// A folder for the launcher and its report, not shared with another engine.
    pub scratch: PathBuf,
    /// The dataflow's import string.
    pub python_file: String,
    /// The task of the launcher.
    pub mode: Mode,
    /// Worker threads.
    pub workers: u32,
    /// The place of the process among several.
    pub gang: Option<Gang>,
    /// The recovery settings.
    pub recovery: Option<Recovery>,
    /// The web server of the engine.
    pub web: Option<WebServer>,
    /// The variables of the caller that it gets.
    pub inherited: Inherited,
    /// Additional variables of the user.
    pub env: Vec<(String, String)>,
}

/// The place of one process among several.
#[derive(Clone, Debug)]
pub struct Gang {
    /// The index of the process.
    pub process: u32,
    /// The content of its host file.
    pub host_file: String,
}

/// The recovery settings of the engine.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// The folder of the partitions.
    pub folder: PathBuf,
    /// The snapshot interval, and how long replaced snapshots are kept.
    pub intervals: Intervals,
    /// The steps that have state in the partitions; the launcher refuses a dataflow that lacks one of them.
    pub stored: Vec<String>,
}

/// The web server of the engine, for metrics and the graph.
#[derive(Clone, Debug)]
pub struct WebServer {
    /// The port.
    pub port: u16,
    /// The folder for `dataflow.json`; the engine fails if it cannot write there.
    pub cache: PathBuf,
}

/// Why the engine could not be started.
#[derive(Debug, Error)]
pub enum EngineError {
    /// A file it needs could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Python could not be started.
    #[error("cannot start {python} in {workdir}")]
    Spawn {
        /// The Python.
        python: PathBuf,
        /// The folder.
        workdir: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

impl Engine {
    /// Returns the path of the launcher's report.
    #[must_use]
    pub fn report(&self) -> PathBuf {
        self.scratch.join("report.json")
    }

    /// Starts the engine with the given output.
    ///
    /// # Errors
    /// A file cannot be written, or Python cannot be started.
    pub fn start(&self, output: fn() -> Stdio) -> Result<Child, EngineError> {
        let write = |name: &str, text: &str| {
            let path = self.scratch.join(name);
            match fs::write(&path, text) {
                Ok(()) => Ok(path),
                Err(source) => Err(EngineError::Write { path, source }),
            }
        };
        let launcher = write("launcher.py", LAUNCHER)?;
        write("failures.py", FAILURES)?;
        write("explain.py", EXPLAIN)?;
        if let Some(recovery) = &self.recovery {
            let stored = serde_json::to_string(&recovery.stored).expect("names are plain data");
            write("stored.json", &stored)?;
        }
        let mut command = self.command(&launcher);
        if let Some(gang) = &self.gang {
            let hosts = write("hosts", &gang.host_file)?;
            command
                .env("BYTEWAX_HOSTFILE_PATH", hosts)
                .arg("-i")
                .arg(gang.process.to_string());
        }
        match fs::remove_file(self.report()) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(EngineError::Write {
                    path: self.report(),
                    source,
                });
            }
            _ => {}
        }
        command
            .stdout(output())
            .stderr(output())
            .spawn()
            .map_err(|source| EngineError::Spawn {
                python: self.python.clone(),
                workdir: self.workdir.clone(),
                source,
            })
    }

    fn command(&self, launcher: &Path) -> Command {
        let mut command = Command::new(&self.python);
        if self.inherited == Inherited::Finding {
            command.env_clear();
            let kept = FINDING_VARIABLES.map(|name| (name, env::var_os(name)));
            command.envs(
                kept.into_iter()
                    .filter_map(|(name, value)| Some((name, value?))),
            );
        }
        for name in ENGINE_VARIABLES {
            command.env_remove(name);
        }
        for name in env::vars_os().map(|(name, _)| name) {
            if name.to_string_lossy().starts_with("WAXRUN_") {
                command.env_remove(name);
            }
        }
        command
            .arg(launcher)
            .arg(match self.mode {
                Mode::Run => "run",
                Mode::Probe => "probe",
                Mode::Describe => "describe",
            })
            .arg(self.report())
            .arg(&self.python_file)
            .current_dir(&self.workdir)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("PYTHONUNBUFFERED", "1")
            .env("PYTHONPATH", self.python_path())
            .stdin(Stdio::null())
            .process_group(0);
        if self.workers > 1 {
            command.arg("-w").arg(self.workers.to_string());
        }
        if let Some(Recovery {
            folder, intervals, ..
        }) = &self.recovery
        {
            command
                .arg("-r")
                .arg(folder)
                .args(["-s", &intervals.snapshot().to_string()])
                .args(["-b", &intervals.backup().to_string()]);
        }
        if let Some(WebServer { port, cache }) = &self.web {
            command
                .env("BYTEWAX_DATAFLOW_API_ENABLED", "1")
                .env("BYTEWAX_DATAFLOW_API_PORT", port.to_string())
                .env("BYTEWAX_DATAFLOW_API_CACHE_PATH", cache);
        }
        if !has_home() {
            command.env("HOME", env::temp_dir());
        }
        command
    }

    /// Returns the code folder, then the value that the image or the user has set.
    fn python_path(&self) -> std::ffi::OsString {
        let own = self.env.iter().rev().find(|(name, _)| name == "PYTHONPATH");
        let rest = own
            .map(|(_, value)| value.into())
            .or_else(|| env::var_os("PYTHONPATH"));
        let mut path = self.workdir.clone().into_os_string();
        if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
            path.push(":");
            path.push(rest);
        }
        path
    }
}

/// Kills an engine and all processes that it started. No signal makes the engine take a last snapshot, so a
/// gentler end would save nothing.
///
/// # Errors
/// The system refuses. A process group that does not exist any more is no error.
pub fn kill(engine: u32) -> io::Result<()> {
    signal_group(engine, Signal::SIGKILL)
}

/// Interrupts an engine as Ctrl-C would: it closes its sources and sinks.
///
/// # Errors
/// The system refuses. A process group that does not exist any more is no error.
pub fn interrupt(engine: u32) -> io::Result<()> {
    signal_group(engine, Signal::SIGINT)
}

fn signal_group(engine: u32, signal: Signal) -> io::Result<()> {
    let group = Pid::from_raw(i32::try_from(engine).expect("a process id fits"));
    match killpg(group, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Returns true if HOME is a writable folder. Container runtimes set it to `/` for an unknown user, and caches
/// of libraries fail there.
fn has_home() -> bool {
    env::var_os("HOME").is_some_and(|home| {
        home != "/"
            && Path::new(&home).is_dir()
            && access(Path::new(&home), AccessFlags::W_OK).is_ok()
    })
}
