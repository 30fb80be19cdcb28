//! `df list`: the Dataflows of a namespace or of the whole cluster.

use std::collections::BTreeMap;

use clap::Args;
use futures::TryStreamExt as _;
use gitops::object::{Format, dataflow_name, without_managed_fields};
use gitops::row::{COLUMNS, ProcessCells, Row, WIDE_COLUMNS};
use gitops::table::Table;
use jiff::Timestamp;
use kube::api::DynamicObject;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event};
use serde_json::json;

use super::documents;
use crate::args::format::ListFormat;
use crate::args::global::GlobalArgs;
use crate::cluster::dataflows::{Scope, Selection};
use crate::cluster::session::request_timeout;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::process_cells::{Key, ProcessQuery, key};

/// List dataflows and how they are
///
/// With -o wide the processes are asked, too: for the epoch before which everything is in snapshots, and for the newest
/// moment that backups lead back to. What nobody can tell within five seconds (or --request-timeout) is unknown.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # the dataflows of the current namespace
  waxctl df list

  # those of all namespaces, with frontier, newest backup, and the reason of what is not ready
  waxctl df ls -A -o wide

  # keep watching one
  waxctl df list --name orders --watch")]
pub(crate) struct ListArgs {
    /// Look into all namespaces
    #[arg(short = 'A', long)]
    pub(crate) all_namespaces: bool,
    /// Only the dataflow of this name
    #[arg(short = 'N', long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only dataflows with these labels, such as team=data
    #[arg(
        short = 'l',
        long,
        value_name = "SELECTOR",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) selector: String,
    /// How to print: json, yaml, name or wide
    #[arg(short, long, value_name = "FORMAT", value_parser = clap::value_parser!(ListFormat))]
    pub(crate) output: Option<ListFormat>,
    /// Go on and print what changes
    #[arg(short, long)]
    pub(crate) watch: bool,
    /// Leave out the headings
    #[arg(long)]
    pub(crate) no_headers: bool,
}

/// Lists the Dataflows that `args` ask for.
///
/// # Errors
/// The cluster cannot be asked.
pub(crate) fn run(args: &ListArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    block_on(async {
        let session = Session::connect(&global.access()).await?;
        let scope = if args.all_namespaces {
            Scope::Cluster
        } else {
            Scope::Namespace
        };
        let selection = selection(args);
        let objects = session.list(scope, &selection).await?;
        let patience = request_timeout(global.request_timeout.as_deref())?;
        let mut printer = Printer::new(args);
        let query = ProcessQuery { scope, patience };
        if args.output == Some(ListFormat::Wide) {
            printer.processes = query.cells(&session, &objects, ui).await;
        }
        if args.watch {
            printer.objects(&objects, Timestamp::now(), ui)?;
            return watch(&session, &query, &selection, &mut printer, ui).await;
        }
        if objects.is_empty() && !printer.prints_documents() {
            let place = if args.all_namespaces {
                "the cluster".to_owned()
            } else {
                format!("namespace {}", session.namespace())
            };
            ui.say(&format!("No dataflows found in {place}."));
            return Ok(());
        }
        printer.list(&objects, Timestamp::now(), ui)
    })
}

fn selection(args: &ListArgs) -> Selection {
    let fields = args
        .name
        .as_ref()
        .map(|name| format!("metadata.name={name}"));
    Selection {
        labels: args.selector.clone(),
        fields: fields.unwrap_or_default(),
    }
}

async fn watch(
    session: &Session,
    query: &ProcessQuery,
    selection: &Selection,
    printer: &mut Printer,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let api = session.untyped(query.scope);
    let events = watcher::watcher(api, selection.watch()).default_backoff();
    let mut events = std::pin::pin!(events);
    loop {
        match events.try_next().await {
            Ok(Some(Event::InitApply(object) | Event::Apply(object))) => {
                let objects = [object];
                if printer.format == ListFormat::Wide && printer.is_news(&objects[0]) {
                    let cells = query.cells(session, &objects, ui).await;
                    printer.processes.extend(cells);
                }
                printer.objects(&objects, Timestamp::now(), ui)?;
            }
            Ok(Some(Event::Delete(object))) => printer.deleted(&object, Timestamp::now(), ui)?,
            Ok(Some(Event::Init | Event::InitDone)) => {}
            Ok(None) => return Ok(()),
            Err(error) => ui.warn(&format!("the watch was interrupted and goes on: {error}")),
        }
    }
}

/// Prints objects in one format and remembers what was printed, so that a watch shows changes only.
struct Printer {
    format: ListFormat,
    table: Table,
    headings: bool,
    shown: BTreeMap<Key, Row>,
    /// What the processes have said, for the wide columns.
    processes: BTreeMap<Key, ProcessCells>,
}

impl Printer {
    fn new(args: &ListArgs) -> Self {
        let format = args.output.unwrap_or(ListFormat::Table);
        let mut columns = COLUMNS.to_vec();
        if format == ListFormat::Wide {
            columns.extend(WIDE_COLUMNS);
        }
        Self {
            format,
            table: Table::new(&columns),
            headings: !args.no_headers,
            shown: BTreeMap::new(),
            processes: BTreeMap::new(),
        }
    }

    /// The form of the objects, if they are what is printed.
    fn documents(&self) -> Option<Format> {
        match self.format {
            ListFormat::Objects(format) => Some(format),
            ListFormat::Table | ListFormat::Wide | ListFormat::Name => None,
        }
    }

    fn prints_documents(&self) -> bool {
        self.documents().is_some()
    }

    /// Prints a whole list as one document.
    fn list(
        &mut self,
        objects: &[DynamicObject],
        now: Timestamp,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let Some(format) = self.documents() else {
            return self.objects(objects, now, ui);
        };
        let items: Vec<DynamicObject> = objects
            .iter()
            .cloned()
            .map(without_managed_fields)
            .collect();
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": items });
        documents::print(&list, format, ui)
    }

    /// Prints each object on its own, those aside that look as they did when last printed.
    fn objects(
        &mut self,
        objects: &[DynamicObject],
        now: Timestamp,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let changed = objects
            .iter()
            .filter(|object| self.is_news(object))
            .collect::<Vec<_>>();
        match self.format {
            ListFormat::Table | ListFormat::Wide => {
                let rows = changed
                    .iter()
                    .map(|object| (key(object), Row::from_object(object)));
                self.rows(&rows.collect::<Vec<_>>(), now, ui)?;
            }
            ListFormat::Name => {
                for object in &changed {
                    ui.line(&dataflow_name(
                        object.metadata.name.as_deref().unwrap_or_default(),
                    ))?;
                }
            }
            ListFormat::Objects(format) => {
                for object in &changed {
                    documents::print(&without_managed_fields((*object).clone()), format, ui)?;
                }
            }
        }
        let rows = changed
            .into_iter()
            .map(|object| (key(object), Row::from_object(object)));
        self.shown.extend(rows);
        Ok(())
    }

    fn deleted(
        &mut self,
        object: &DynamicObject,
        now: Timestamp,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        self.shown.remove(&key(object));
        match self.format {
            ListFormat::Table | ListFormat::Wide => {
                self.processes.remove(&key(object));
                self.rows(
                    &[(key(object), Row::from_object(object).deleted())],
                    now,
                    ui,
                )
            }
            ListFormat::Name => Ok(()),
            ListFormat::Objects(format) => {
                documents::print(&without_managed_fields(object.clone()), format, ui)
            }
        }
    }

    fn is_news(&self, object: &DynamicObject) -> bool {
        self.prints_documents() || self.shown.get(&key(object)) != Some(&Row::from_object(object))
    }

    fn rows(
        &mut self,
        rows: &[(Key, Row)],
        now: Timestamp,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        if rows.is_empty() {
            return Ok(());
        }
        let wide = self.format == ListFormat::Wide;
        let nothing = ProcessCells::default();
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|(key, row)| {
                let said = self.processes.get(key).unwrap_or(&nothing);
                row.cells(wide.then_some(said), now)
            })
            .collect();
        let headings = std::mem::take(&mut self.headings);
        let text = if headings {
            self.table.with_heading(&cells)
        } else {
            self.table.rows(&cells)
        };
        ui.data(&text)
    }
}
