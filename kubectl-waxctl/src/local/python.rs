//! Loads the code of a flow in the Python on the PATH, never in the process of waxctl.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use agent::local::{self, LoadError, LocalError, LocalRun};
use agent::report::{Description, ProbeReport};
use gitops::rendered::Rendered;
use tempfile::TempDir;

use super::workdir;
use crate::error::CommandError;
use crate::interrupt;

/// The time limit for loading one version of the code, 60 s.
const DEADLINE: Duration = Duration::from_secs(60);

/// The reason of [`LoadFailure::NoPython`].
pub(crate) const NO_PYTHON: &str = "no Python on the PATH has Bytewax";

/// A flow in a folder with the layout of a pod. Dropping this removes the folder.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The run that is prepared.
    pub(crate) run: LocalRun,
    _at_end: interrupt::AtEnd,
    _folder: TempDir,
}

/// Prepares a run with the numbers of processes and workers in the flow's spec.
///
/// # Errors
/// A folder or file cannot be created, or the archive with the code contains an entry that is refused.
pub(crate) fn prepare(flow: &Rendered) -> Result<Prepared, CommandError> {
    let folder = tempfile::tempdir()
        .map_err(|error| CommandError::failure("cannot create a folder to run in").chain(&error))?;
    let at_end = interrupt::remove_at_end(folder.path());
    let make = |name: &str| -> Result<PathBuf, CommandError> {
        let path = folder.path().join(name);
        fs::create_dir(&path).map_err(|error| {
            CommandError::failure(format!("cannot create {}", path.display())).chain(&error)
        })?;
        Ok(path)
    };
    let (workdir, scratch) = (make("code")?, make("scratch")?);
    workdir::lay_out(flow, &workdir)?;
    let spec = &flow.dataflow.spec;
    let env = spec.env.iter();
    let run = LocalRun {
        workdir,
        python_file: spec.python_file_name.clone(),
        processes: spec.processes().unsigned_abs(),
        workers: spec.workers().unsigned_abs(),
        env: env
            .map(|variable| (variable.name.clone(), variable.value.clone()))
            .collect(),
        scratch,
        search_path: std::env::var_os("PATH"),
    };
    Ok(Prepared {
        run,
        _at_end: at_end,
        _folder: folder,
    })
}

/// Why code could not be loaded.
#[derive(Debug)]
pub(crate) enum LoadFailure {
    /// The code starts the engine while it is loaded; the text names file and line.
    RunsOnImport(String),
    /// The user pressed Ctrl-C.
    Interrupted,
    /// No Python on the PATH has Bytewax.
    NoPython,
    /// Any other reason.
    Other(String),
}

/// Loads the user's own code without running the flow. Returns its steps, or why it cannot be loaded.
///
/// Callers check with [`gitops::own_code`] that it is the user's own, and pass the `variables` that the user has named. The
/// code gets no other variables of the flow, and none of the caller but those by which programs and libraries are found.
pub(crate) fn load(
    flow: &Rendered,
    variables: Vec<(String, String)>,
) -> Result<ProbeReport, LoadFailure> {
    load_with(local::load, flow, variables)
}

/// Loads the user's own code as [`load`] does, and returns its steps with the streams between them.
pub(crate) fn describe(
    flow: &Rendered,
    variables: Vec<(String, String)>,
) -> Result<Description, LoadFailure> {
    load_with(local::describe, flow, variables)
}

fn load_with<T>(
    load: fn(&LocalRun, Duration) -> Result<T, LoadError>,
    flow: &Rendered,
    variables: Vec<(String, String)>,
) -> Result<T, LoadFailure> {
    let in_one_line = |error: CommandError| match error.causes.first() {
        Some(cause) => LoadFailure::Other(format!("{}: {cause}", error.message)),
        None => LoadFailure::Other(error.message),
    };
    let mut prepared = prepare(flow).map_err(in_one_line)?;
    let run = &mut prepared.run;
    (run.processes, run.workers) = (1, 1);
    run.env = variables;
    interrupt::watch();
    let loaded = load(run, DEADLINE);
    interrupt::stop_here();
    loaded.map_err(|error| match error {
        LoadError::Interrupted => LoadFailure::Interrupted,
        LoadError::Failed(report) if report.runs_on_import() => {
            LoadFailure::RunsOnImport(report.sentence())
        }
        LoadError::Local(LocalError::NoPython(_)) => LoadFailure::NoPython,
        other => LoadFailure::Other(other.to_string()),
    })
}
