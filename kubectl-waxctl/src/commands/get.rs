//! `df get`: shows one Dataflow with the state that its processes report now.

use clap::Args;
use serde_json::to_value;

use super::printer::{Printer, TableOptions};
use super::watch::{WatchArgs, Watched};
use crate::args::format::{OutputArgs, View};
use crate::args::global::GlobalArgs;
use crate::cluster::dataflows::{Scope, Selection};
use crate::cluster::session::request_timeout;
use crate::cluster::{Session, block_on};
use crate::documents::Documents;
use crate::error::{CommandError, Kind};
use crate::names;
use crate::ui::Ui;
use crate::work::lookup;
use crate::work::process_cells::ProcessQuery;

/// Show one dataflow in full, with the state of its processes
///
/// Besides its status, it shows what every process reports through the API server: whether it is connected to all
/// others, the epoch that its snapshots have reached, and the newest restore point. A value that is not reported within
/// 5 seconds (or --request-timeout) is shown as unknown, with the reason. With -o json and yaml the resource itself is
/// printed, as kubectl does. With --watch a row of df list is printed for each change, or the resource again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # its state, and since when
  waxctl df get orders

  # with start, revision and peers of each process
  waxctl df get orders -o wide

  # the resource itself
  waxctl df get orders -o yaml

  # each of its states from now on, as documents
  waxctl df get orders --watch -o json

  # one of its fields
  waxctl df get orders -o jsonpath='{.status.phase}'")]
pub(crate) struct GetArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Flags of the output.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Flags of a watch.
    #[command(flatten)]
    pub(super) watch: WatchArgs,
    /// Succeed without output if there is no such dataflow
    #[arg(long)]
    pub(crate) ignore_not_found: bool,
}

/// Shows the Dataflow.
///
/// # Errors
/// There is none of that name, this release cannot read it, or the cluster does not respond.
pub(crate) fn run(args: &GetArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    args.watch.check()?;
    let view = args.output.view()?;
    let result = match args.watch.is_on() {
        true => watch(args, view, global, ui),
        false => show(args, &view, global, ui),
    };
    match result {
        Err(error) if args.ignore_not_found && error.kind == Kind::NotFound => Ok(()),
        result => result,
    }
}

fn show(args: &GetArgs, view: &View, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (name, access) = (&args.name, global.access());
    match view {
        View::Table { wide } => ui.data(&lookup::details(name, *wide, &access)?),
        View::Documents(format) => {
            let object = lookup::object(name, &access)?;
            let object = to_value(object).expect("a Kubernetes object is JSON");
            let mut documents = Documents::new(format.clone(), args.output.show_managed_fields);
            ui.document(&documents.object(object)?)
        }
    }
}

/// Prints the Dataflow, and then each change of it.
fn watch(args: &GetArgs, view: View, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let options = TableOptions {
        headings: !args.output.no_headers,
        show_kind: false,
        show_labels: false,
        label_columns: Vec::new(),
        events: args.watch.shows_types(),
    };
    let mut printer = Printer::new(options, view, args.output.show_managed_fields);
    let selection = Selection {
        fields: format!("metadata.name={}", args.name),
        ..Selection::default()
    };
    block_on(async {
        let session = Session::connect(&global.access()).await?;
        let Some(present) = session.object(&args.name).await? else {
            return Err(session.absent(&args.name).await);
        };
        let watched = Watched {
            session: &session,
            selection: &selection,
            query: ProcessQuery {
                scope: Scope::Namespace,
                timeout: request_timeout(global.request_timeout.as_deref())?,
            },
        };
        let present = vec![present];
        watched.print(&args.watch, present, &mut printer, ui).await
    })
}
