//! `df graph`: shows the steps of a flow and the streams between them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gitops::graph::{self, Format};

use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::local::saved_graph;
use crate::names;
use crate::ui::Ui;
use crate::work;

/// Show the steps of a running dataflow and the streams between them
///
/// The engine in the cluster has described its flow when it loaded the code; no code is run on this machine. Steps are
/// those of the user's file, in the order of their definition. With --against, the differences to a saved graph are
/// shown: + a new step, - a removed one, ~ a changed one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # The steps, and what each reads from
  waxctl df graph orders

  # A flowchart for Markdown
  waxctl df graph orders -o mermaid

  # What differs from the graph that -o json has written to a file?
  waxctl df graph orders --against before.json")]
pub(crate) struct GraphArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) output: GraphFormat,
    /// Show the differences to a graph that -o json has written
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub(crate) against: Option<PathBuf>,
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

/// Prints the graph, or the differences.
///
/// # Errors
/// There is no such Dataflow, none of its processes can describe it, or the saved graph cannot be read.
pub(crate) fn run(args: &GraphArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let old = args.against.as_deref().map(saved_graph::read).transpose()?;
    let graph = work::graph::of_running(&args.name, &global.access())?;
    let Some(old) = old else {
        return ui.data(&graph.text(args.output.into()));
    };
    let differences = graph::compare(&old, &graph);
    if differences.is_empty() {
        ui.say("The graphs are the same.");
    }
    differences.iter().try_for_each(|line| ui.line(line))
}
