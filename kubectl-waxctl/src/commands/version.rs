//! `version`: which program this is. Asks nobody.

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;

/// Show the version of this program
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # For people
  waxctl version

  # For programs
  waxctl version -o json")]
pub struct VersionArgs {
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum)]
    pub output: Option<VersionFormat>,
    /// Accepted as kubectl does; only the client's version is ever shown
    #[arg(long)]
    pub client: bool,
}

/// How the version is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum VersionFormat {
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
pub fn run(args: &VersionArgs, _global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let version = Version {
        client_version: concat!("v", env!("CARGO_PKG_VERSION")),
        default_image: crate::render::default_image(),
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
