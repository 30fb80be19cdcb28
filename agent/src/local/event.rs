//! The settings, events and outcome of a local run.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::report::TerminationReport;

/// The settings of a local run.
#[derive(Clone, Debug)]
pub struct LocalRun {
    /// The code folder, which is the current folder of the engines.
    pub workdir: PathBuf,
    /// The dataflow's import string (`simple.py`, `pkg/mod.py:get_flow(5)`).
    pub python_file: String,
    /// The number of processes, at least 1.
    pub processes: u32,
    /// Worker threads of each process, at least 1.
    pub workers: u32,
    /// Variables for the user's code.
    pub env: Vec<(String, String)>,
    /// An existing empty folder.
    pub scratch: PathBuf,
    /// `PATH`, on which Python is searched.
    pub search_path: Option<OsString>,
}

/// The output stream of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// An event of a local run.
#[derive(Debug)]
pub enum LocalEvent<'a> {
    /// A process was started.
    Started {
        /// The index of the process.
        process: u32,
        /// The process id.
        pid: u32,
        /// The Python that runs it.
        python: &'a Path,
    },
    /// A process wrote a line.
    Line {
        /// The index of the process.
        process: u32,
        /// The output stream.
        stream: Stream,
        /// The line, without its end.
        text: &'a [u8],
    },
    /// A process ended.
    Exited {
        /// The index of the process.
        process: u32,
        /// The exit code; 128 plus its number for a signal.
        code: i32,
    },
    /// Ctrl-C or a signal to stop arrived; all processes are being stopped.
    Interrupted,
}

/// The outcome of a local run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalOutcome {
    /// The exit code of the run: 0, that of the process at fault, or 130 after Ctrl-C.
    pub code: i32,
    /// The failures by process. Those at fault come before those that ended only because of them.
    pub failures: Vec<(u32, TerminationReport)>,
}
