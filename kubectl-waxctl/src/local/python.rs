//! Loads the code of a flow in the Python on the PATH, never in the process of waxctl.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use agent::local::{self, LoadError, LocalError, LocalRun};
use agent::report::ProbeReport;
use gitops::rendered::Rendered;
use tempfile::TempDir;

use super::workdir;
use crate::error::CommandError;

/// The time limit for loading one version of the code, 60 s.
const DEADLINE: Duration = Duration::from_secs(60);

/// A flow in a folder with the layout of a pod. Dropping this removes the folder.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The run that is prepared.
    pub(crate) run: LocalRun,
    _folder: TempDir,
}

/// Prepares a run with the numbers of processes and workers in the flow's spec.
///
/// # Errors
/// A folder or file cannot be created, or the archive with the code contains an entry that is refused.
pub(crate) fn prepare(flow: &Rendered) -> Result<Prepared, CommandError> {
    let folder = tempfile::tempdir()
        .map_err(|error| CommandError::failure("cannot create a folder to run in").chain(&error))?;
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
        _folder: folder,
    })
}

/// Loads the code of a flow without running it. Returns its steps, or why it cannot be loaded.
pub(crate) fn load(flow: &Rendered) -> Result<ProbeReport, String> {
    let in_one_line = |error: CommandError| match error.causes.first() {
        Some(cause) => format!("{}: {cause}", error.message),
        None => error.message,
    };
    let mut prepared = prepare(flow).map_err(in_one_line)?;
    (prepared.run.processes, prepared.run.workers) = (1, 1);
    local::load(&prepared.run, DEADLINE).map_err(|error| match error {
        LoadError::Local(LocalError::NoPython(_)) => "no Python on the PATH has Bytewax".to_owned(),
        other => other.to_string(),
    })
}
