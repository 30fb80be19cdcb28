//! `df validate`: checks all flows of a repository without a cluster.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gitops::validation::Format;

use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::validation;

/// Check the flows of a repository without a cluster
///
/// Checks every folder with a dataflow.yaml, and every other YAML file with a Dataflow: the fields and the rules of the
/// API server, the files that kustomization.yaml lists, the entry point, the size of the code, secrets, and names that
/// collide. No code is run. A file that cannot be checked is reported with the reason. The exit code is 1 if there are
/// errors; warnings alone give 0.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Check the repository of the current folder
  waxctl df validate

  # Check two flows
  waxctl df validate flows/orders flows/hello

  # Check the output of another command
  kustomize build apps/prod/hello | waxctl df validate -

  # Write annotations for a job of GitHub Actions
  waxctl df validate -o github")]
pub(crate) struct ValidateArgs {
    /// Repositories, folders of flows or YAML files; - for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) output: ReportFormat,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub(crate) enum ReportFormat {
    /// One line for each problem, with file and line
    #[default]
    Text,
    /// One JSON object
    Json,
    /// Workflow commands of GitHub Actions
    GitHub,
    /// A Code Quality report of GitLab
    GitLab,
}

impl From<ReportFormat> for Format {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Text => Self::Text,
            ReportFormat::Json => Self::Json,
            ReportFormat::GitHub => Self::GitHub,
            ReportFormat::GitLab => Self::GitLab,
        }
    }
}

/// Prints the report.
///
/// # Errors
/// A path cannot be read, there is no flow, or a flow has an error.
pub(crate) fn run(args: &ValidateArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let report = validation::report(&args.paths)?;
    ui.data(&report.text(args.output.into()))?;
    if report.errors > 0 {
        return Err(CommandError::failure(report.summary()));
    }
    ui.say(&format!("{}.", capitalized(&report.summary())));
    Ok(())
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
