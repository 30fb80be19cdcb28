//! `df diff`: what sources would change in git or in the cluster.

mod git;
mod live;

use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use dataflow::cost::Cost;
use dataflow::steps::Loss;
use serde::Serialize;

use crate::cli::GlobalArgs;
use crate::diff::{self, FlowDiff, LineKind, State};
use crate::error::CommandError;
use crate::render::{self, Rendered};
use crate::settings::{FlowArgs, OutputFormat, Settings};
use crate::source::Source;
use crate::steps;
use crate::ui::Ui;

/// Show what sources would change in git or in the cluster
///
/// Compares with the flow in git, or with --live with the one in the cluster. Each change says what
/// it costs when it is applied: no restart, one restart, or state lost. Values that could be secrets
/// are hidden. The code of a flow that keeps state is loaded in the Python on the PATH, old and new, to see
/// whether steps are gone that have state. The exit code is 0 without differences, 1 with differences, 5 if
/// state would be lost, and otherwise above 1 on errors.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Against the last commit
  waxctl df diff hello.py --name hello --env prod

  # Against the cluster
  waxctl df diff hello.py --name hello --live

  # Two flows that have a dataflow.yaml, against a branch, for a program
  waxctl df diff flows/orders flows/hello --env prod --ref origin/main \\
    --format json")]
pub struct DiffArgs {
    /// A Python file, a .tar, or a folder; several must be folders with a dataflow.yaml
    #[arg(required = true, value_name = "SOURCE")]
    pub source: Vec<PathBuf>,
    /// Repository to compare with [default: the one that holds the current folder]
    #[arg(long, value_name = "PATH", conflicts_with = "live")]
    pub repo: Option<PathBuf>,
    /// Environment, a folder below apps/ [default: the only one]
    #[arg(long, value_name = "ENV", conflicts_with = "live")]
    pub env: Option<String>,
    /// Commit, branch or tag to compare with
    #[arg(
        long = "ref",
        value_name = "REF",
        default_value = "HEAD",
        conflicts_with = "live"
    )]
    pub reference: String,
    /// Compare with the cluster
    #[arg(long)]
    pub live: bool,
    /// Compare as this field manager [default: the one that owns the live spec]
    #[arg(long, value_name = "MANAGER", requires = "live")]
    pub field_manager: Option<String>,
    /// End with code 1 also where state would be lost
    #[arg(long)]
    pub accept_state_loss: bool,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<ReportFormat>,
    /// The flags of a flow.
    #[command(flatten)]
    pub flow: FlowArgs,
}

/// Form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What there is and what there is to be.
#[derive(Debug)]
struct Pair {
    old: Option<Rendered>,
    new: Rendered,
    losses: Vec<Loss>,
}

/// Compares.
pub fn run(args: &DiffArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (settings, notes) = Settings::resolve(&args.flow, global)?;
    for note in &notes {
        ui.warn(note);
    }
    let sources = read_sources(&args.source, &settings)?;
    let flows = if args.live {
        live::compare(
            &sources,
            &settings,
            args.field_manager.as_deref(),
            global,
            ui,
        )?
    } else {
        git::compare(&sources, &settings, args, ui)?
    };
    let json = match args.format {
        Some(format) => format == ReportFormat::Json,
        None => settings.output == Some(OutputFormat::Json),
    };
    if json {
        print_json(&flows, ui)?;
    } else {
        print_text(&flows, ui)?;
    }
    let losing: Vec<&str> = flows
        .iter()
        .filter(|flow| flow.cost == Cost::StateLost)
        .map(|flow| flow.name.as_str())
        .collect();
    if flows.iter().all(|flow| flow.state == State::Same) {
        Ok(())
    } else if !losing.is_empty() && !args.accept_state_loss {
        let error = CommandError::policy(format!("{} would lose state", losing.join(", ")));
        Err(error.hint("if that is meant, add --accept-state-loss"))
    } else {
        Err(CommandError::different())
    }
}

fn read_sources(paths: &[PathBuf], settings: &Settings) -> Result<Vec<Source>, CommandError> {
    let sources = paths
        .iter()
        .map(|path| Source::read(path))
        .collect::<Result<Vec<_>, _>>()?;
    if sources.len() < 2 {
        return Ok(sources);
    }
    if let Some(flag) = settings.flow_flags().first() {
        return Err(
            CommandError::usage(format!("{flag} does not go with several sources"))
                .hint("write it into each folder's dataflow.yaml"),
        );
    }
    match sources.iter().find(|source| source.dataflow.is_none()) {
        None => Ok(sources),
        Some(source) => Err(CommandError::usage(format!(
            "{} has no dataflow.yaml",
            source.path.display()
        ))
        .because("of several sources each must be a folder with one")),
    }
}

/// The name that a source goes by, before it is rendered.
fn name_of(source: &Source, settings: &Settings) -> Result<String, CommandError> {
    let own = source
        .dataflow
        .as_ref()
        .and_then(|dataflow| dataflow.metadata.name.clone());
    match settings.name.clone().or(own) {
        Some(name) => Ok(name),
        // Rendering says what is missing.
        None => render::render(settings, source).map(|rendered| rendered.name().to_owned()),
    }
}

/// Renders onto what there is.
fn pair(
    old: Option<Rendered>,
    source: &Source,
    settings: &Settings,
    ui: &mut Ui,
) -> Result<Pair, CommandError> {
    let new = match &old {
        Some(old) => render::update(old, settings, source)?,
        None => render::render(settings, source)?,
    };
    for warning in render::check(&new)? {
        ui.warn(&warning);
    }
    let losses = match old.as_ref().map(|old| steps::losses(old, &new)) {
        None => Vec::new(),
        Some(Ok(losses)) => losses,
        Some(Err(why)) => {
            ui.warn(&steps::not_compared(new.name(), &why));
            Vec::new()
        }
    };
    Ok(Pair { old, new, losses })
}

fn print_text(flows: &[FlowDiff], ui: &mut Ui) -> Result<(), CommandError> {
    for line in flows.iter().flat_map(diff::report) {
        let style = match line.kind {
            LineKind::Head => Style::new().bold(),
            LineKind::Field => AnsiColor::Yellow.on_default(),
            LineKind::Removed => AnsiColor::Red.on_default(),
            LineKind::Added => AnsiColor::Green.on_default(),
            LineKind::Context => Style::new(),
        };
        let text = ui.paint(style, &line.text);
        ui.line(&text)?;
    }
    Ok(())
}

fn print_json(flows: &[FlowDiff], ui: &mut Ui) -> Result<(), CommandError> {
    #[derive(Serialize)]
    struct Report<'a> {
        flows: &'a [FlowDiff],
    }
    ui.line(&serde_json::to_string_pretty(&Report { flows }).expect("a report is JSON"))
}
