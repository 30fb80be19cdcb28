//! `df graph`: shows the steps of a flow and the streams between them.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use gitops::graph::{self, Format};
use gitops::settings::FlowSettings;
use gitops::source::Source;

use crate::args::flow::FlowArgs;
use crate::args::global::GlobalArgs;
use crate::args::settings::Settings;
use crate::error::CommandError;
use crate::local::saved_graph;
use crate::names;
use crate::ui::Ui;
use crate::work::comparison::git::Place;
use crate::work::graph::{OwnFlow, Present};
use crate::work::{self, sources};

/// Show the steps of a dataflow and the streams between them
///
/// A path that exists, or that ends in .py or .tar, is a SOURCE; any other word is the NAME of a dataflow in the cluster.
/// Steps are those of the user's file, in the order of their definition.
///
/// The engine of NAME has described its flow when it loaded the code, so no code is run on this machine. The code of a
/// SOURCE is loaded in the Python on the PATH, for at most 60 s, as `df commit` loads it.
///
/// Differences are shown as + a new step, - a removed one, ~ a changed one. Code of git or of the cluster is never run:
/// --diff reads the record of the stateful steps in git, and with --live what the engine in the cluster describes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # The steps of a running dataflow, and what each reads from
  waxctl df graph orders

  # A flowchart of a Python file for Markdown
  waxctl df graph orders.py -o mermaid

  # What differs from the graph that -o json has written to a file?
  waxctl df graph orders --against before.json

  # What would a deployment of this file change in the running dataflow?
  waxctl df graph orders.py --name orders --diff --live")]
pub(crate) struct GraphArgs {
    /// Name of a dataflow in the cluster; or a Python file, a .tar, or a folder
    #[arg(value_name = "NAME|SOURCE")]
    pub(crate) name: PathBuf,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) output: GraphFormat,
    /// Show the differences to a graph that -o json has written
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub(crate) against: Option<PathBuf>,
    /// Show the differences of SOURCE to the flow in git
    #[arg(long, conflicts_with_all = ["output", "against"])]
    pub(crate) diff: bool,
    /// With --diff: to the flow in the cluster
    #[arg(long, requires = "diff", conflicts_with_all = ["repo", "env", "reference"])]
    pub(crate) live: bool,
    /// Repository to compare with [default: that of the current folder]
    #[arg(long, value_name = "PATH", requires = "diff")]
    pub(crate) repo: Option<PathBuf>,
    /// Environment, a folder under apps/ [default: that of SOURCE in apps/ENV/NAME, or the only one]
    #[arg(long, value_name = "ENV", requires = "diff")]
    pub(crate) env: Option<String>,
    /// Commit, branch or tag to compare with [default: HEAD]
    #[arg(long = "ref", value_name = "REF", requires = "diff")]
    pub(crate) reference: Option<String>,
    /// Name of the flow to compare with [default: that in the dataflow.yaml of SOURCE]
    #[arg(short = 'N', long = "name", value_name = "NAME", requires = "diff")]
    pub(crate) flow_name: Option<String>,
    /// Python file of SOURCE with the flow, such as pkg/mod.py or flow.py:get_flow(5)
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(crate) python_file_name: Option<String>,
    /// Environment variables for SOURCE; can be repeated and takes a list A=1,B=2, where a comma
    /// splits only if NAME= follows
    #[arg(short = 'e', long, value_name = "NAME=VALUE")]
    pub(crate) environment_variables: Vec<String>,
}

/// The format of a graph.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// One line for each step
    #[default]
    Text,
    /// A flowchart of Mermaid
    Mermaid,
    /// A directed graph of Graphviz
    Dot,
    /// One JSON object
    Json,
}

impl From<GraphFormat> for Format {
    fn from(format: GraphFormat) -> Self {
        match format {
            GraphFormat::Text => Self::Text,
            GraphFormat::Mermaid => Self::Mermaid,
            GraphFormat::Dot => Self::Dot,
            GraphFormat::Json => Self::Json,
        }
    }
}

/// Name of a flow whose source has no dataflow.yaml, if nothing is compared.
const UNNAMED: &str = "local";

/// Prints the graph, or the differences.
///
/// # Errors
/// There is no such Dataflow, none of its processes can describe it, the code of the source cannot be loaded, or there
/// is nothing to compare with.
pub(crate) fn run(args: &GraphArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let saved = args.against.as_deref().map(saved_graph::read).transpose()?;
    let graph = if is_source(&args.name) {
        let (source, settings) = own_source(args, global, ui)?;
        let own = work::graph::of_source(&source, &settings)?;
        if args.diff {
            return print_diff(args, global, (&source, &settings, &own), ui);
        }
        own.graph
    } else {
        let name = running_name(args)?;
        work::graph::of_running(&name, &global.access())?
    };
    match saved {
        Some(saved) => print_differences(&graph::compare(&saved, &graph), ui),
        None => ui.data(&graph.text(args.output.into())),
    }
}

/// Whether the word names a source: it exists or can be nothing but a path.
fn is_source(word: &Path) -> bool {
    let is_code = word
        .extension()
        .is_some_and(|extension| extension == "py" || extension == "tar");
    is_code || word.components().count() > 1 || word.exists()
}

fn own_source(
    args: &GraphArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(Source, FlowSettings), CommandError> {
    let source = sources::read_one(&args.name, ui)?;
    let unnamed = source.dataflow.is_none() && !args.diff;
    let flow = FlowArgs {
        name: args
            .flow_name
            .clone()
            .or_else(|| unnamed.then(|| UNNAMED.to_owned())),
        python_file_name: args.python_file_name.clone(),
        environment_variables: args.environment_variables.clone(),
        ..FlowArgs::default()
    };
    let (settings, _) = Settings::resolve(&flow, global)?;
    Ok((source, settings.flow))
}

/// Returns the name of a running flow, for which no flag of a source may be given.
fn running_name(args: &GraphArgs) -> Result<String, CommandError> {
    let name = args.name.to_string_lossy().into_owned();
    let given = [
        ("--diff", args.diff),
        ("--python-file-name", args.python_file_name.is_some()),
        (
            "--environment-variables",
            !args.environment_variables.is_empty(),
        ),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        None => names::object_flag(&name).map_err(|fault| {
            CommandError::usage(format!("no dataflow can have the name {name:?}")).because(fault)
        }),
        Some((flag, _)) => Err(CommandError::usage(format!("`{flag}` needs a SOURCE"))
            .because(format!(
                "`{name}` is no path, so it is the name of a dataflow"
            ))
            .hint("name a Python file, a .tar or a folder that exists")),
    }
}

fn print_diff(
    args: &GraphArgs,
    global: &GlobalArgs,
    (source, settings, own): (&Source, &FlowSettings, &OwnFlow),
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let access = global.access();
    let with = if args.live {
        Present::Cluster(&access)
    } else {
        Present::Git(Place {
            repo: args.repo.as_deref(),
            environment: args.env.as_deref(),
            reference: args.reference.as_deref().unwrap_or("HEAD"),
        })
    };
    let found = work::graph::differences(own, source, settings, with)?;
    if let Some(note) = &found.note {
        ui.say(note);
    }
    print_differences(&found.lines, ui)
}

fn print_differences(lines: &[String], ui: &mut Ui) -> Result<(), CommandError> {
    if lines.is_empty() {
        ui.say("There are no differences.");
    }
    lines.iter().try_for_each(|line| ui.line(line))
}
