//! `df delete`: takes a Dataflow out of the cluster.

mod state;

use std::time::Duration;

use clap::{ArgGroup, Args};
use dataflow::phase::phase;
use dataflow::{Dataflow, DataflowName, label};
use kube::api::PropagationPolicy;

use super::wait::parse_duration;

use crate::cli::GlobalArgs;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::order::is_kept_by_git;
use crate::ui::Ui;
use crate::view::resource_name;
use crate::volumes::Volumes;

/// Delete a dataflow from the cluster
///
/// What it remembers stays on its recovery volumes, and a dataflow that is made anew under its name goes on with it.
/// With --delete-state these volumes are removed too, once its pods have gone; also when the dataflow itself is gone
/// already. Backups in a bucket always stay.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("which").required(true).args(["name", "name_flag"]),
    after_help = "Examples:
  # See what would be deleted
  waxctl df delete orders

  # Delete it
  waxctl df rm orders --yes

  # Remove what it remembers, too
  waxctl df rm orders --delete-state --yes"
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
    /// Remove its recovery volumes, too: all that it remembers; asks first, if it can and --yes is missing
    #[arg(long)]
    pub delete_state: bool,
    /// How long to wait until pods and volumes have gone, such as 30s or 5m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration, requires = "delete_state")]
    pub timeout: Duration,
}

/// Deletes the Dataflow, or refuses and says what was found when nobody has confirmed it.
///
/// # Errors
/// There is no such Dataflow, nobody has confirmed it, or the cluster refuses.
pub fn run(args: &DeleteArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let name = args
        .name
        .as_ref()
        .or(args.name_flag.as_ref())
        .map_or("", String::as_str);
    if args.delete_state {
        return state::run(name, args, global, ui);
    }
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
        let code = code_that_remains(&session, &dataflow).await;
        let volumes = volumes_that_remain(&session, &dataflow).await;
        let policy = PropagationPolicy::Background;
        session.delete_dataflow(name, uid, policy).await?;
        ui.line(&format!("{} deleted", resource_name(name)))?;
        if is_kept_by_git(&dataflow) {
            ui.warn(&format!(
                "git keeps `{name}`: unless it is taken out of its repository, its controller makes it anew"
            ));
        }
        ui.say("Its pods, services and code snapshots are being removed with it.");
        if let Some(code) = code {
            ui.say(&code);
        }
        if let Some(volumes) = volumes {
            ui.say(&volumes);
            ui.hint(&format!(
                "waxctl df delete {name} -n {} --delete-state",
                session.namespace()
            ));
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

/// The code that the deletion leaves behind. Somebody who may not look at ConfigMaps hears nothing about them.
async fn code_that_remains(session: &Session, dataflow: &Dataflow) -> Option<String> {
    let uid = dataflow.metadata.uid.as_deref();
    let source = dataflow.spec.config_map_name.as_deref();
    let source = source.filter(|name| !name.is_empty())?;
    let config_map = session.config_map(source).await.ok()??;
    let mut owners = config_map.metadata.owner_references.iter().flatten();
    if owners.any(|owner| Some(owner.uid.as_str()) == uid) {
        return None;
    }
    let mut labels = config_map.metadata.labels.iter().flatten();
    let manager = labels.find(|(key, _)| key.as_str() == label::MANAGED_BY);
    let manager = manager.map_or(String::new(), |(_, value)| format!(" (managed by {value})"));
    Some(format!("The code remains in configmap/{source}{manager}."))
}

/// The recovery volumes that the deletion leaves behind, likewise.
async fn volumes_that_remain(session: &Session, dataflow: &Dataflow) -> Option<String> {
    let name = DataflowName::try_from(dataflow.metadata.name.as_deref()?).ok()?;
    let claims = session.store_claims(&name).await.ok()?;
    let status = dataflow.status.as_ref();
    let ledger = status.and_then(|status| status.recovery.as_ref());
    let volumes = Volumes::of(&name, ledger, &claims).own;
    let volumes: Vec<String> = volumes
        .iter()
        .map(|volume| format!("{} ({})", volume.name, volume.size))
        .collect();
    (!volumes.is_empty()).then(|| {
        format!(
            "What it remembers remains on {}; made anew, it goes on with it.",
            volumes.join(", ")
        )
    })
}
