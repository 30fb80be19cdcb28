//! `df list`: the Dataflows of a namespace or of the whole cluster.

mod glances;

use std::collections::BTreeMap;

use clap::Args;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use kube::api::DynamicObject;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event};
use serde_json::json;

use crate::cli::GlobalArgs;
use crate::cluster::dataflows::{Scope, Selection};
use crate::cluster::session::request_timeout;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::table::Table;
use crate::ui::Ui;
use crate::view::{
    COLUMNS, Glance, Listing, Row, WIDE_COLUMNS, document, resource_name, without_managed_fields,
};
use glances::Asking;

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
pub struct ListArgs {
    /// Look into all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only the dataflow of this name
    #[arg(short = 'N', long, value_name = "NAME")]
    pub name: Option<String>,
    /// Only dataflows with these labels, such as team=data
    #[arg(
        short = 'l',
        long,
        value_name = "SELECTOR",
        default_value = "",
        hide_default_value = true
    )]
    pub selector: String,
    /// How to print: json, yaml, name or wide
    #[arg(short, long, value_name = "FORMAT", value_parser = clap::value_parser!(Listing))]
    pub output: Option<Listing>,
    /// Go on and print what changes
    #[arg(short, long)]
    pub watch: bool,
    /// Leave out the headings
    #[arg(long)]
    pub no_headers: bool,
}

/// Lists the Dataflows that `args` ask for.
///
/// # Errors
/// The cluster cannot be asked.
pub fn run(args: &ListArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    block_on(async {
        let session = Session::connect(global).await?;
        let scope = if args.all_namespaces {
            Scope::Cluster
        } else {
            Scope::Namespace
        };
        let selection = selection(args);
        let objects = session.list(scope, &selection).await?;
        let patience = request_timeout(global.request_timeout.as_deref())?;
        let mut printer = Printer::new(args);
        let asking = Asking { scope, patience };
        if args.output == Some(Listing::Wide) {
            printer.glances = asking.glances(&session, &objects, ui).await;
        }
        if args.watch {
            printer.objects(&objects, Timestamp::now(), ui)?;
            return watch(&session, &asking, &selection, &mut printer, ui).await;
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
    asking: &Asking,
    selection: &Selection,
    printer: &mut Printer,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let api = session.untyped(asking.scope);
    let events = watcher::watcher(api, selection.watch()).default_backoff();
    let mut events = std::pin::pin!(events);
    loop {
        match events.try_next().await {
            Ok(Some(Event::InitApply(object) | Event::Apply(object))) => {
                let objects = [object];
                if printer.listing == Listing::Wide && printer.is_news(&objects[0]) {
                    let glances = asking.glances(session, &objects, ui).await;
                    printer.glances.extend(glances);
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
    listing: Listing,
    table: Table,
    headings: bool,
    shown: BTreeMap<(String, String), Row>,
    /// What the processes have said, for the wide columns.
    glances: BTreeMap<(String, String), Glance>,
}

impl Printer {
    fn new(args: &ListArgs) -> Self {
        let listing = args.output.unwrap_or(Listing::Table);
        let mut columns = COLUMNS.to_vec();
        if listing == Listing::Wide {
            columns.extend(WIDE_COLUMNS);
        }
        Self {
            listing,
            table: Table::new(&columns),
            headings: !args.no_headers,
            shown: BTreeMap::new(),
            glances: BTreeMap::new(),
        }
    }

    fn prints_documents(&self) -> bool {
        matches!(self.listing, Listing::Json | Listing::Yaml)
    }

    /// Prints a whole list as one document.
    fn list(
        &mut self,
        objects: &[DynamicObject],
        now: Timestamp,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        if !self.prints_documents() {
            return self.objects(objects, now, ui);
        }
        let items: Vec<DynamicObject> = objects
            .iter()
            .cloned()
            .map(without_managed_fields)
            .collect();
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": items });
        self.document(&list, ui)
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
        match self.listing {
            Listing::Table | Listing::Wide => {
                let rows = changed.iter().map(|object| (key(object), Row::of(object)));
                self.rows(&rows.collect::<Vec<_>>(), now, ui)?;
            }
            Listing::Name => {
                for object in &changed {
                    ui.line(&resource_name(
                        object.metadata.name.as_deref().unwrap_or_default(),
                    ))?;
                }
            }
            Listing::Json | Listing::Yaml => {
                for object in &changed {
                    self.document(&without_managed_fields((*object).clone()), ui)?;
                }
            }
        }
        let rows = changed
            .into_iter()
            .map(|object| (key(object), Row::of(object)));
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
        match self.listing {
            Listing::Table | Listing::Wide => {
                self.glances.remove(&key(object));
                self.rows(&[(key(object), Row::of(object).deleted())], now, ui)
            }
            Listing::Name => Ok(()),
            Listing::Json | Listing::Yaml => {
                self.document(&without_managed_fields(object.clone()), ui)
            }
        }
    }

    fn is_news(&self, object: &DynamicObject) -> bool {
        self.prints_documents() || self.shown.get(&key(object)) != Some(&Row::of(object))
    }

    fn rows(
        &mut self,
        rows: &[((String, String), Row)],
        now: Timestamp,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        if rows.is_empty() {
            return Ok(());
        }
        let wide = self.listing == Listing::Wide;
        let nothing = Glance::default();
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|(key, row)| {
                let glance = self.glances.get(key).unwrap_or(&nothing);
                row.cells(wide.then_some(glance), now)
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

    fn document(&self, value: &impl serde::Serialize, ui: &mut Ui) -> Result<(), CommandError> {
        ui.data(&document(value, self.listing)?)
    }
}

fn key(object: &DynamicObject) -> (String, String) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    (
        text(&object.metadata.namespace),
        text(&object.metadata.name),
    )
}
