//! `df import`: writes a flow of the cluster, or a release of the original chart, into a folder for git.

use std::path::PathBuf;

use clap::Args;
use gitops::shell::word;

use crate::args::dry_run::{DryRunArgs, without_server};
use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::import::{self, Origin};

/// Write a dataflow or a Helm release of the cluster into a folder for git
///
/// Reads the Dataflow and the ConfigMap with its code, also those of the original platform, and writes the files that
/// df render --into writes. The files are read back and compared with the cluster: they have the same revision, so
/// applying them restarts nothing. What is left out is named; inline credentials are refused.
///
/// If there is no such Dataflow, the Helm release of that name is read, if it is one of the original Bytewax chart. Its
/// values become a Dataflow, which is compared with the StatefulSet of the release. Its state is not taken over.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Write it into a folder
  waxctl df import orders --into imported/orders

  # Ask the API server what applying the folder would change: nothing
  waxctl df diff imported/orders --live")]
pub(crate) struct ImportArgs {
    /// Name of the dataflow, or of the Helm release
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Folder to write into, usually apps/ENV/NAME
    #[arg(long, value_name = "DIR")]
    pub(crate) into: PathBuf,
    /// Whether the files are only named.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
}

/// Writes the folder, and prints its files.
///
/// # Errors
/// There is no such flow, it cannot be written as it is, or the folder has a flow.
pub(crate) fn run(args: &ImportArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let dry_run = without_server(args.dry_run.mode, "`df import`")?;
    let imported = import::into_folder(&args.name, &args.into, dry_run, &global.access())?;
    imported.notes.iter().for_each(|note| ui.warn(note));
    for path in &imported.written {
        ui.line(&path.display().to_string())?;
    }
    if dry_run {
        ui.say("These files would be written.");
        return Ok(());
    }
    match &imported.origin {
        Origin::Dataflow(revision) => {
            ui.say(&format!(
                "The files have revision {revision}, as the cluster has: applying them restarts nothing."
            ));
            let folder = args.into.display().to_string();
            ui.hint(&format!("waxctl df diff {} --live", word(&folder)));
        }
        Origin::Release { release, compared } => {
            let proof = match compared {
                true => ", and do the same as its StatefulSet",
                false => "",
            };
            let (name, chart, version) = (&release.name, &release.chart, release.version);
            ui.say(&format!(
                "The files come from version {version} of the Helm release `{name}` ({chart}){proof}."
            ));
            ui.say("Uninstall the release before you apply them: its objects have the names of the dataflow's.");
            ui.hint(&format!("helm uninstall {name} -n {}", release.namespace));
        }
    }
    Ok(())
}
