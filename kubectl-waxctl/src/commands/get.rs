//! `df get`: shows one Dataflow with the state that its processes report now.

use clap::Args;
use gitops::object::{dataflow_name, without_managed_fields};

use super::documents;
use crate::args::format::ListFormat;
use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::lookup;

/// Show one dataflow in full, with the state of its processes
///
/// Besides its status, it shows what every process reports through the API server: whether it is connected to all
/// others, the epoch that its snapshots have reached, and the newest restore point. A value that is not reported within
/// 5 seconds (or --request-timeout) is shown as unknown, with the reason. With -o json and yaml the resource itself is
/// printed, as kubectl does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # its state, and since when
  waxctl df get orders

  # with start, revision and peers of each process
  waxctl df get orders -o wide

  # the resource itself
  waxctl df get orders -o yaml")]
pub(crate) struct GetArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Output format: json, yaml, name or wide
    #[arg(short, long, value_name = "FORMAT", value_parser = clap::value_parser!(ListFormat))]
    pub(crate) output: Option<ListFormat>,
}

/// Shows the Dataflow.
///
/// # Errors
/// There is none of that name, this release cannot read it, or the cluster does not respond.
pub(crate) fn run(args: &GetArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (name, access) = (&args.name, global.access());
    match args.output.unwrap_or(ListFormat::Table) {
        ListFormat::Name => {
            lookup::object(name, &access)?;
            ui.line(&dataflow_name(name))
        }
        ListFormat::Objects(format) => {
            let object = lookup::object(name, &access)?;
            documents::print(&without_managed_fields(object), format, ui)
        }
        ListFormat::Table => ui.data(&lookup::details(name, false, &access)?),
        ListFormat::Wide => ui.data(&lookup::details(name, true, &access)?),
    }
}
