//! `version`: prints the version of this program, without a cluster.

use clap::{Args, ValueEnum};
use gitops::render::default_image;
use serde::Serialize;

use crate::error::CommandError;
use crate::ui::Ui;

/// Show the version of this program
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # For people
  waxctl version

  # For programs
  waxctl version -o json")]
pub(crate) struct VersionArgs {
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum)]
    pub(crate) output: Option<VersionFormat>,
    /// Accepted as kubectl does; only the client's version is ever shown
    #[arg(long)]
    pub(crate) client: bool,
}

/// The format of the version.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum VersionFormat {
    /// A JSON object.
    Json,
    /// A YAML object.
    Yaml,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    client_version: &'static str,
    default_image: String,
}

/// Prints the version.
pub(crate) fn run(args: &VersionArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let version = Version {
        client_version: concat!("v", env!("CARGO_PKG_VERSION")),
        default_image: default_image(),
    };
    match args.output {
        None => ui.data(&format!(
            "Client Version: {}\nDefault Image: {}\n",
            version.client_version, version.default_image
        )),
        Some(VersionFormat::Json) => {
            let json = serde_json::to_string_pretty(&version).expect("strings are JSON");
            ui.line(&json)
        }
        Some(VersionFormat::Yaml) => {
            ui.data(&dataflow::yaml::to_string(&version).expect("strings are YAML"))
        }
    }
}
