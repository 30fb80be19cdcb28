//! `df list`: lists the Dataflows of a namespace or of the whole cluster.

use clap::Args;
use gitops::jsonpath::Template;
use gitops::order::order;
use jiff::Timestamp;
use kube::api::DynamicObject;

use super::printer::{self, Printer, TableOptions};
use super::watch::{WatchArgs, Watched};
use crate::args::format::{OutputArgs, View};
use crate::args::global::GlobalArgs;
use crate::cluster::dataflows::{CHUNK_SIZE, Scope, Selection};
use crate::cluster::session::request_timeout;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::process_cells::ProcessQuery;

/// List dataflows and their state
///
/// With -o wide the processes are polled, too: for the epoch before which everything is in snapshots, and for the
/// newest restore point. A value that is not reported within 5 seconds (or --request-timeout) is unknown.
///
/// The other output formats are those of `kubectl get`: a list is one document. With --watch every object is a document
/// of its own, first the present ones, then each of their changes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # the dataflows of the current namespace
  waxctl df list

  # those of all namespaces, with frontier, newest backup, and the reason of what is not ready
  waxctl df ls -A -o wide

  # keep watching one
  waxctl df list --name orders --watch

  # names and images, the newest last
  waxctl df list --sort-by .metadata.creationTimestamp \\
    -o custom-columns=NAME:.metadata.name,TAG:.spec.image.tag")]
pub(crate) struct ListArgs {
    /// List the dataflows of all namespaces
    #[arg(short = 'A', long)]
    pub(crate) all_namespaces: bool,
    /// Only the dataflow of this name
    #[arg(short = 'N', long, value_name = "NAME", value_parser = names::object_flag)]
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
    /// Only dataflows with these fields, such as metadata.name!=orders
    #[arg(
        long,
        value_name = "SELECTOR",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) field_selector: String,
    /// Flags of the output.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Sort by a field, such as .metadata.creationTimestamp
    #[arg(long, value_name = "PATH", value_parser = Template::parse_path)]
    pub(crate) sort_by: Option<Template>,
    /// Add a column with all labels
    #[arg(long)]
    pub(crate) show_labels: bool,
    /// Add a column for each of these labels; can be repeated and takes a list
    #[arg(short = 'L', long, value_name = "LABEL", value_delimiter = ',')]
    pub(crate) label_columns: Vec<String>,
    /// Show the kind before each name
    #[arg(long)]
    pub(crate) show_kind: bool,
    /// Flags of a watch.
    #[command(flatten)]
    pub(super) watch: WatchArgs,
    /// Number of objects in one response of the API server; 0 for all
    #[arg(long, value_name = "NUMBER", default_value_t = CHUNK_SIZE)]
    pub(crate) chunk_size: u32,
    /// Print no message if there is no dataflow
    #[arg(long)]
    pub(crate) ignore_not_found: bool,
}

impl ListArgs {
    /// Refuses what kubectl refuses, and warns of what has no effect.
    fn check(&self, ui: &mut Ui) -> Result<View, CommandError> {
        let view = self.output.view()?;
        self.watch.check()?;
        let documents = matches!(view, View::Documents(_));
        if self.show_labels && documents {
            return Err(CommandError::usage(
                "`--show-labels` needs a table, but `-o` asks for documents",
            )
            .hint("the labels are in them, as .metadata.labels"));
        }
        if self.watch.is_on() && self.sort_by.is_some() {
            ui.warn("`--sort-by` has no effect on a watch");
        }
        Ok(view)
    }

    fn table(&self) -> TableOptions {
        TableOptions {
            headings: !self.output.no_headers,
            show_kind: self.show_kind,
            show_labels: self.show_labels,
            label_columns: self.label_columns.clone(),
            events: self.watch.shows_types(),
        }
    }

    fn selection(&self) -> Selection {
        let name = self.name.as_ref();
        let name = name.map(|name| format!("metadata.name={name}"));
        let fields = Some(self.field_selector.clone()).filter(|fields| !fields.is_empty());
        Selection {
            labels: self.selector.clone(),
            fields: name.into_iter().chain(fields).collect::<Vec<_>>().join(","),
            chunk_size: self.chunk_size,
        }
    }
}

/// Lists the Dataflows that `args` select.
///
/// # Errors
/// The cluster does not respond.
pub(crate) fn run(args: &ListArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let view = args.check(ui)?;
    block_on(async {
        let session = Session::connect(&global.access()).await?;
        let scope = if args.all_namespaces {
            Scope::Cluster
        } else {
            Scope::Namespace
        };
        let selection = args.selection();
        let listed = session.list_all(scope, &selection).await?;
        for fault in &listed.unreadable {
            ui.warn(&format!("cannot read a part of the list: {fault}"));
        }
        let timeout = request_timeout(global.request_timeout.as_deref())?;
        let managed_fields = args.output.show_managed_fields;
        let mut printer = Printer::new(args.table(), view, managed_fields);
        let query = ProcessQuery { scope, timeout };
        if args.watch.is_on() {
            let watched = Watched {
                session: &session,
                selection: &selection,
                query,
            };
            let objects = listed.objects;
            return watched.print(&args.watch, objects, &mut printer, ui).await;
        }
        let objects = sorted(listed.objects, args.sort_by.as_ref())?;
        if printer.is_wide() {
            printer.processes = query.cells(&session, &objects, ui).await;
        }
        if objects.is_empty() && printer.is_table() {
            if !args.ignore_not_found {
                ui.say(&nothing(args, &session));
            }
            return Ok(());
        }
        printer.list(&objects, Timestamp::now(), ui)
    })
}

fn nothing(args: &ListArgs, session: &Session) -> String {
    let place = if args.all_namespaces {
        "the cluster".to_owned()
    } else {
        format!("namespace `{}`", session.namespace())
    };
    format!("No dataflows found in {place}.")
}

/// Sorts the objects by a field.
fn sorted(
    objects: Vec<DynamicObject>,
    path: Option<&Template>,
) -> Result<Vec<DynamicObject>, CommandError> {
    let Some(path) = path.filter(|_| objects.len() > 1) else {
        return Ok(objects);
    };
    let values: Vec<_> = objects.iter().map(printer::value).collect();
    let indices = order(path, &values).map_err(|error| {
        CommandError::usage("cannot sort the dataflows")
            .because(error)
            .hint("name a field as in `--sort-by .metadata.creationTimestamp`")
    })?;
    Ok(indices
        .into_iter()
        .map(|index| objects[index].clone())
        .collect())
}
