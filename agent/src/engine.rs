//! The engine as a process: `launcher.py` under the user's Python, in a process group of its own.

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

/// The Python program that runs the engine and tells how it ended.
const LAUNCHER: &str = include_str!("launcher.py");

/// What `bytewax.run` takes from the environment. An image may set any of these; only what we
/// say may count.
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

/// What the launcher shall do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Run the dataflow.
    Run,
    /// Load it and say what is in it.
    Probe,
}

/// One engine process that can be started.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The Python that has Bytewax.
    pub python: PathBuf,
    /// Where the code lies; the engine's current folder.
    pub workdir: PathBuf,
    /// A folder for the launcher and its report, not shared with another engine.
    pub scratch: PathBuf,
    /// The dataflow's import string.
    pub python_file: String,
    /// What to do with it.
    pub mode: Mode,
    /// Worker threads.
    pub workers: u32,
    /// Its place among several processes.
    pub gang: Option<Gang>,
    /// Where it keeps its state.
    pub recovery: Option<Recovery>,
    /// The engine's web server.
    pub web: Option<WebServer>,
    /// More variables of the user's.
    pub env: Vec<(String, String)>,
}

/// The place of one process among several.
#[derive(Clone, Debug)]
pub struct Gang {
    /// Its index.
    pub process: u32,
    /// The text of its host file.
    pub host_file: String,
}

/// Where and how often the engine keeps its state.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// The folder of the partitions.
    pub folder: PathBuf,
    /// How often, and how long it keeps what newer snapshots replaced.
    pub intervals: Intervals,
    /// The steps that have state there; the launcher refuses a dataflow that lacks one of them.
    pub stored: Vec<String>,
}

/// How the engine shall serve metrics and its graph.
#[derive(Clone, Debug)]
pub struct WebServer {
    /// Its port.
    pub port: u16,
    /// The folder it writes `dataflow.json` to; the engine fails if it cannot.
    pub cache: PathBuf,
}

/// The engine could not be started.
#[derive(Debug, Error)]
pub enum EngineError {
    /// A file it needs could not be written.
    #[error("{path} cannot be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Python could not be started.
    #[error("{python} cannot be started in {workdir}")]
    Spawn {
        /// The Python.
        python: PathBuf,
        /// The folder.
        workdir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Engine {
    /// Where the launcher writes how it ended.
    #[must_use]
    pub fn report(&self) -> PathBuf {
        self.scratch.join("report.json")
    }

    /// Starts it, with its output going where `output` says.
    ///
    /// # Errors
    /// A file cannot be written or Python not be started.
    pub fn start(&self, output: fn() -> Stdio) -> Result<Child, EngineError> {
        let write = |name: &str, text: &str| {
            let path = self.scratch.join(name);
            match fs::write(&path, text) {
                Ok(()) => Ok(path),
                Err(source) => Err(EngineError::Write { path, source }),
            }
        };
        let launcher = write("launcher.py", LAUNCHER)?;
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

    /// The code's folder first, then what the image or the user set.
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

/// Ends an engine and all it started, at once. The engine has no better end: no signal makes it
/// take a last snapshot.
///
/// # Errors
/// The system refuses; a group that is gone already is no error.
pub fn kill(engine: u32) -> io::Result<()> {
    signal_group(engine, Signal::SIGKILL)
}

/// Asks an engine to end as Ctrl-C would: sources and sinks get closed.
///
/// # Errors
/// The system refuses; a group that is gone already is no error.
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

/// Container runtimes set HOME to `/` for a user they do not know; caches of libraries fail there.
fn has_home() -> bool {
    env::var_os("HOME").is_some_and(|home| {
        home != "/"
            && Path::new(&home).is_dir()
            && access(Path::new(&home), AccessFlags::W_OK).is_ok()
    })
}
