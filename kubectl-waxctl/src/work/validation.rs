//! Checks the flows of files and folders without a cluster.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use gitops::validation::{self, Checked, Report};

use crate::error::CommandError;
use crate::local::flow_files::{self, FlowFiles};

/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Checks all flows of the paths.
///
/// # Errors
/// A path cannot be read, or there is no flow.
pub(crate) fn report(paths: &[PathBuf]) -> Result<Report, CommandError> {
    let mut found = FlowFiles::default();
    for path in paths {
        if path.as_os_str() == STANDARD_INPUT {
            found
                .manifests
                .push(("<stdin>".to_owned(), standard_input()?));
        } else {
            flow_files::find(path, &mut found)?;
        }
    }
    let mut checked: Vec<Checked> = found
        .folders
        .iter()
        .map(|(path, files)| validation::folder(path, files))
        .collect();
    for (file, text) in &found.manifests {
        checked.extend(validation::documents(file, text));
    }
    checked.retain(|one| one.flow.is_some() || !one.problems.is_empty());
    if checked.is_empty() {
        return Err(nothing(paths));
    }
    let flows: Vec<_> = checked.iter().filter_map(|one| one.flow.clone()).collect();
    let count = checked.len();
    let mut problems: Vec<_> = checked.into_iter().flat_map(|one| one.problems).collect();
    problems.extend(validation::together(&flows));
    Ok(Report::new(count, problems))
}

fn standard_input() -> Result<String, CommandError> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| CommandError::usage("cannot read standard input").chain(&error))?;
    Ok(text)
}

fn nothing(paths: &[PathBuf]) -> CommandError {
    let shown: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let error = CommandError::usage(format!("there is no Dataflow in {}", shown.join(", ")))
        .because("neither a folder with a dataflow.yaml nor a YAML file with a Dataflow was found");
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
