//! `df events`: shows the events of one Dataflow and its children.

use clap::{Args, ValueEnum};
use dataflow::DataflowName;
use futures::TryStreamExt as _;
use gitops::event::{COLUMNS, cells, is_about, last_seen};
use gitops::table::Table;
use jiff::Timestamp;
use kube::api::DynamicObject;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher;

use crate::args::format::{OutputArgs, View};
use crate::args::global::GlobalArgs;
use crate::cluster::{Session, block_on};
use crate::documents::Documents;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::changes::{Change, KnownObjects};
use crate::work::interruptions::Interruptions;

/// Show the events of a dataflow, its pods and its volumes
///
/// The oldest event comes first. Kubernetes keeps events for one hour, unless the cluster is set up otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # what happened to it
  waxctl df events orders

  # only what went wrong
  waxctl df events orders --types Warning

  # what happens from now on, too
  waxctl df events orders --watch")]
pub(crate) struct EventsArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Only events of these types; can be repeated and takes a list
    #[arg(
        long,
        value_name = "TYPE",
        value_enum,
        value_delimiter = ',',
        ignore_case = true
    )]
    pub(crate) types: Vec<EventKind>,
    /// Keep running and print new events
    #[arg(short, long)]
    pub(crate) watch: bool,
    /// Flags of the output.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The types of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(crate) enum EventKind {
    /// What is expected.
    Normal,
    /// What went wrong.
    Warning,
}

impl EventsArgs {
    fn selects(&self, event: &DynamicObject, flow: &DataflowName) -> bool {
        let kind = match event.data["type"].as_str() {
            Some("Warning") => EventKind::Warning,
            _ => EventKind::Normal,
        };
        is_about(event, flow) && (self.types.is_empty() || self.types.contains(&kind))
    }
}

/// Shows the events.
///
/// # Errors
/// There is neither an event nor a Dataflow of that name, or the cluster does not respond.
pub(crate) fn run(args: &EventsArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let mut printer = Printer::new(args)?;
    block_on(async {
        let session = Session::connect(&global.access()).await?;
        let Ok(flow) = DataflowName::try_from(args.name.as_str()) else {
            return Err(session.absent(&args.name).await);
        };
        let mut events = session.events().await?.objects;
        events.retain(|event| args.selects(event, &flow));
        events.sort_by_key(last_seen);
        if events.is_empty() && session.object(&args.name).await?.is_none() {
            return Err(session.absent(&args.name).await);
        }
        if !args.watch {
            if events.is_empty() && matches!(printer, Printer::Rows { .. }) {
                ui.say(&format!("No events found of dataflow `{}`.", args.name));
                return Ok(());
            }
            return printer.list(&events, ui);
        }
        let mut known = KnownObjects::new(&events);
        for event in &events {
            printer.one(event, ui)?;
        }
        let changes = watcher::watcher(session.events_api(), watcher::Config::default());
        let mut changes = std::pin::pin!(changes.default_backoff());
        let mut interruptions = Interruptions::default();
        loop {
            match changes.try_next().await {
                Ok(Some(event)) => {
                    interruptions.end();
                    for change in known.changes(event) {
                        // Kubernetes deletes events that are old, which is no news.
                        let gone = matches!(change, Change::Deleted(_));
                        if !gone && args.selects(change.object(), &flow) {
                            printer.one(change.object(), ui)?;
                        }
                    }
                }
                Ok(None) => return Ok(()),
                Err(error) => interruptions.tell(&session, "watch events", error, ui)?,
            }
        }
    })
}

/// Prints events in one format.
enum Printer {
    Rows { table: Table, headings: bool },
    Documents(Documents),
}

impl Printer {
    fn new(args: &EventsArgs) -> Result<Self, CommandError> {
        Ok(match args.output.view()? {
            View::Table { .. } => Self::Rows {
                table: Table::new(COLUMNS),
                headings: !args.output.no_headers,
            },
            View::Documents(format) => {
                Self::Documents(Documents::new(format, args.output.show_managed_fields))
            }
        })
    }

    fn one(&mut self, event: &DynamicObject, ui: &mut Ui) -> Result<(), CommandError> {
        match self {
            Self::Rows { .. } => self.list(std::slice::from_ref(event), ui),
            Self::Documents(documents) => ui.data(&documents.object(value(event))?),
        }
    }

    fn list(&mut self, events: &[DynamicObject], ui: &mut Ui) -> Result<(), CommandError> {
        match self {
            Self::Rows { table, headings } => {
                let now = Timestamp::now();
                let rows: Vec<_> = events.iter().map(|event| cells(event, now)).collect();
                ui.data(&match std::mem::take(headings) {
                    true => table.with_heading(&rows),
                    false => table.rows(&rows),
                })
            }
            Self::Documents(documents) => {
                ui.data(&documents.list(events.iter().map(value).collect())?)
            }
        }
    }
}

/// Returns an event as JSON. In a list the API server leaves out the kind, which documents need.
fn value(event: &DynamicObject) -> serde_json::Value {
    let mut event = serde_json::to_value(event).expect("a Kubernetes object is JSON");
    if event["kind"].is_null() {
        event["apiVersion"] = "v1".into();
        event["kind"] = "Event".into();
    }
    event
}
