//! What is run, what happens meanwhile, and how it ends.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::report::TerminationReport;

/// What to run.
#[derive(Clone, Debug)]
pub struct LocalRun {
    /// The folder the code lies in; the engines' current folder.
    pub workdir: PathBuf,
    /// The dataflow's import string (`simple.py`, `pkg/mod.py:get_flow(5)`).
    pub python_file: String,
    /// How many processes, at least 1.
    pub processes: u32,
    /// Worker threads in each, at least 1.
    pub workers: u32,
    /// Variables for the user's code.
    pub env: Vec<(String, String)>,
    /// An existing empty folder.
    pub scratch: PathBuf,
    /// `PATH`, where Python is looked for.
    pub search_path: Option<OsString>,
}

/// Where a line was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What happens while it runs.
#[derive(Debug)]
pub enum LocalEvent<'a> {
    /// A process was started.
    Started {
        /// Its index.
        process: u32,
        /// Its process id.
        pid: u32,
        /// The Python it runs under.
        python: &'a Path,
    },
    /// A process wrote a line.
    Line {
        /// Its index.
        process: u32,
        /// Where it wrote it.
        stream: Stream,
        /// The line, without its end.
        text: &'a [u8],
    },
    /// A process ended.
    Exited {
        /// Its index.
        process: u32,
        /// Its exit code, 128 and more for a signal.
        code: i32,
    },
    /// Ctrl-C or a request to stop came; all processes are being ended.
    Interrupted,
}

/// How it ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalOutcome {
    /// The exit code of the whole: 0, that of the process at fault, or 130 after Ctrl-C.
    pub code: i32,
    /// What failed in which process, the ones at fault before the ones they took along.
    pub failures: Vec<(u32, TerminationReport)>,
}
