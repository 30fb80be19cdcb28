//! `df delete`: takes a Dataflow out of the cluster.

use clap::{ArgGroup, Args};
use dataflow::phase::phase;
use dataflow::{Dataflow, label};

use crate::cli::GlobalArgs;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::ui::Ui;
use crate::view::resource_name;

/// Delete a dataflow from the cluster
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("which").required(true).args(["name", "name_flag"]),
    after_help = "Examples:
  # See what would be deleted
  waxctl df delete orders

  # Delete it
  waxctl df rm orders --yes"
)]
pub struct DeleteArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Name of the dataflow, as older releases of the original took it
    #[arg(id = "name_flag", short = 'N', long = "name", value_name = "NAME")]
    pub name_flag: Option<String>,
    /// Delete it; without this the dataflow is only shown
    #[arg(short, long)]
    pub yes: bool,
}

/// Deletes the Dataflow, or refuses and says what was found when `--yes` is missing.
///
/// # Errors
/// There is no such Dataflow, `--yes` is missing, or the cluster refuses.
pub fn run(args: &DeleteArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let name = args
        .name
        .as_ref()
        .or(args.name_flag.as_ref())
        .map_or("", String::as_str);
    block_on(async {
        let session = Session::connect(global).await?;
        let Some(dataflow) = session.dataflow(name).await? else {
            return Err(session.absent(name).await);
        };
        let found = describe(name, session.namespace(), &dataflow);
        if !args.yes {
            return Err(
                CommandError::policy(format!("nothing was deleted: {found}"))
                    .because("deleting stops its processes; specify --yes to do it")
                    .hint(format!(
                        "waxctl df delete {name} -n {} --yes",
                        session.namespace()
                    )),
            );
        }
        let uid = dataflow.metadata.uid.as_deref().unwrap_or_default();
        let remains = what_remains(&session, &dataflow).await;
        session.delete_dataflow(name, uid).await?;
        ui.line(&format!("{} deleted", resource_name(name)))?;
        ui.say("Its pods, services and code snapshots are being removed with it.");
        for line in remains {
            ui.say(&line);
        }
        Ok(())
    })
}

fn describe(name: &str, namespace: &str, dataflow: &Dataflow) -> String {
    let processes = dataflow
        .status
        .as_ref()
        .and_then(|status| status.processes.as_ref());
    let processes = processes.map_or("0", |processes| processes.summary.as_str());
    let phase = phase(dataflow);
    format!(
        "dataflow `{name}` found in namespace {namespace} ({phase}, processes ready: {processes})"
    )
}

/// What the deletion leaves behind. Somebody who may not look at ConfigMaps hears nothing about them.
async fn what_remains(session: &Session, dataflow: &Dataflow) -> Vec<String> {
    let uid = dataflow.metadata.uid.as_deref();
    let Some(source) = dataflow
        .spec
        .config_map_name
        .as_deref()
        .filter(|name| !name.is_empty())
    else {
        return Vec::new();
    };
    let Ok(Some(config_map)) = session.config_map(source).await else {
        return Vec::new();
    };
    let owners = config_map.metadata.owner_references.iter().flatten();
    if owners
        .into_iter()
        .any(|owner| Some(owner.uid.as_str()) == uid)
    {
        return Vec::new();
    }
    let labels = config_map.metadata.labels.iter().flatten();
    let manager = labels
        .into_iter()
        .find(|(key, _)| key.as_str() == label::MANAGED_BY);
    let manager = manager.map_or(String::new(), |(_, value)| format!(" (managed by {value})"));
    vec![format!("The code remains in configmap/{source}{manager}.")]
}
