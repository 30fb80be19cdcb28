//! `df get`: one Dataflow in full, for somebody who has to know now.

use clap::Args;
use gitops::object::{dataflow_name, without_managed_fields};
use gitops::ownership::manager_of_spec;
use gitops::row::typed;
use jiff::Timestamp;

use super::documents;
use crate::args::format::ListFormat;
use crate::args::global::GlobalArgs;
use crate::cluster::session::request_timeout;
use crate::cluster::{Session, block_on};
use crate::details::Details;
use crate::error::CommandError;
use crate::ui::Ui;

/// Show one dataflow in full, with what its processes say now
///
/// Beside what its status says, every process is asked through the API server: whether it is connected to all others,
/// how far its snapshots go, and what backups lead back to. What nobody can tell within five seconds (or
/// --request-timeout) is shown as unknown, with the reason. With -o json and yaml the resource itself is printed, as
/// kubectl does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # how it is, and since when
  waxctl df get orders

  # with start, revision and peers of each process
  waxctl df get orders -o wide

  # the resource itself
  waxctl df get orders -o yaml")]
pub(crate) struct GetArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// How to print: json, yaml, name or wide
    #[arg(short, long, value_name = "FORMAT", value_parser = clap::value_parser!(ListFormat))]
    pub(crate) output: Option<ListFormat>,
}

/// Shows the Dataflow that `args` names.
///
/// # Errors
/// There is none of that name, this release can't read it, or the cluster can't be asked.
pub(crate) fn run(args: &GetArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    block_on(async {
        let session = Session::connect(&global.access()).await?;
        let name = &args.name;
        let Some(object) = session.object(name).await? else {
            return Err(session.absent(name).await);
        };
        let wide = match args.output.unwrap_or(ListFormat::Table) {
            ListFormat::Name => return ui.line(&dataflow_name(name)),
            ListFormat::Objects(format) => {
                return documents::print(&without_managed_fields(object), format, ui);
            }
            ListFormat::Table => false,
            ListFormat::Wide => true,
        };
        let dataflow = typed(&object).map_err(|error| {
            CommandError::failure(format!("this release cannot read dataflow `{name}`"))
                .because(error)
                .hint(format!(
                    "waxctl df get {name} -n {} -o yaml",
                    session.namespace()
                ))
        })?;
        let recovery = dataflow.spec.recovery.as_ref();
        let has_store = recovery.and_then(|recovery| recovery.enabled) == Some(true);
        let patience = request_timeout(global.request_timeout.as_deref())?;
        let details = Details {
            dataflow: &dataflow,
            source: manager_of_spec(&object.metadata).unwrap_or_default(),
            live: session.live(name, has_store, patience).await,
            wide,
            now: Timestamp::now(),
        };
        ui.data(&details.text())
    })
}
