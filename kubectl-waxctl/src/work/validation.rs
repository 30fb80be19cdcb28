//! Checks the flows of files and folders without a cluster.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use gitops::validation::{self, Checked, Report, not_checked};

use crate::error::CommandError;
use crate::local::flow_files::{self, FlowFiles, MAX_MANIFEST, NO_DATAFLOW, NotChecked};

/// The maximum number of files that an error names.
const MAX_NAMED: usize = 10;

/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Checks all flows of the paths.
///
/// # Errors
/// A path cannot be read, or there is no flow.
pub(crate) fn report(paths: &[PathBuf]) -> Result<Report, CommandError> {
    let mut found = FlowFiles::default();
    let is_input = |path: &&PathBuf| path.as_os_str() == STANDARD_INPUT;
    if paths.iter().any(|path| is_input(&path)) {
        found.add_standard_input(standard_input()?);
    }
    for path in paths.iter().filter(|path| !is_input(path)) {
        flow_files::find(path, &mut found)?;
    }
    let is_something = |one: &Checked| one.flow.is_some() || !one.problems.is_empty();
    let folders = found.folders.iter();
    let folders = folders.map(|(path, files)| validation::folder(path, files));
    let mut checked: Vec<Checked> = folders.filter(is_something).collect();
    for file in &found.manifests {
        let before = checked.len();
        let documents = validation::documents(&file.path, &file.text).into_iter();
        checked.extend(documents.filter(is_something));
        if checked.len() == before && file.named {
            let left = NotChecked {
                path: file.path.clone(),
                reason: NO_DATAFLOW.to_owned(),
                needed: true,
            };
            found.not_checked.push(left);
        }
    }
    if checked.is_empty() {
        return Err(nothing(paths, &found.not_checked));
    }
    let flows: Vec<_> = checked.iter().filter_map(|one| one.flow.clone()).collect();
    let count = checked.len();
    let mut problems: Vec<_> = checked.into_iter().flat_map(|one| one.problems).collect();
    let left = found.not_checked.iter();
    problems.extend(left.map(|left| not_checked(&left.path, &left.reason, left.needed)));
    problems.extend(validation::together(&flows));
    Ok(Report::new(count, problems))
}

fn standard_input() -> Result<String, CommandError> {
    let failed = || CommandError::usage("cannot read standard input");
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_MANIFEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| failed().chain(&error))?;
    if text.len() as u64 > MAX_MANIFEST {
        let most = MAX_MANIFEST >> 10;
        return Err(failed().because(format!("it has more than {most} KiB")));
    }
    Ok(text)
}

/// Returns the error for paths without a flow. What could not be checked may be one.
fn nothing(paths: &[PathBuf], left: &[NotChecked]) -> CommandError {
    let shown: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let error = CommandError::usage(format!("there is no Dataflow in {}", shown.join(", ")))
        .because("neither a folder with a dataflow.yaml nor a YAML file with a Dataflow was found");
    let left = left.iter().filter(|left| left.reason != NO_DATAFLOW);
    let error = left.take(MAX_NAMED).fold(error, |error, left| {
        error.because(format!("{} is not checked: {}", left.path, left.reason))
    });
    let code = paths.iter().find(|path| {
        let extension = Path::new(path).extension();
        extension.is_some_and(|extension| extension == "py")
    });
    match code {
        Some(path) => error.hint(format!(
            "write its folder first: `waxctl df render {} --name NAME --into DIR`",
            path.display()
        )),
        None => error.hint("name the top folder of the repository"),
    }
}
