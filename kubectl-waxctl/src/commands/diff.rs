//! `df diff`: compares sources with git or with the cluster.

use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use dataflow::cost::Cost;
use gitops::diff::{FlowDiff, LineKind, State, report};
use gitops::object::dataflow_name;
use serde::Serialize;

use crate::args::flow::FlowArgs;
use crate::args::format::OutputFormat;
use crate::args::global::GlobalArgs;
use crate::args::settings::Settings;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::comparison::cluster::Compared;
use crate::work::{comparison, sources};

/// Show what sources would change in git or in the cluster
///
/// Compares with the flow in git, or with --live with the flow in the cluster. Each change is shown with its cost when
/// it is applied: no restart, one restart, or state lost. Values that could be secrets are hidden.
///
/// If a flow keeps state and its code changes, the code of SOURCE is loaded in the Python on the PATH, for at most 60 s. Its
/// steps are compared with the record of the present version, whose code is never run. The exit code is 0 without
/// differences, 1 with differences, 5 if state would be lost or if the steps cannot be compared, and otherwise above 1 on
/// errors. With --live, a flow that cannot be read is an error, and the differences of the others are shown.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Against the last commit
  waxctl df diff hello.py --name hello --env prod

  # Against the cluster
  waxctl df diff hello.py --name hello --live

  # Two flows that have a dataflow.yaml, against a branch, for a program
  waxctl df diff flows/orders flows/hello --env prod --ref origin/main \\
    --format json")]
pub(crate) struct DiffArgs {
    /// A Python file, a .tar, or a folder; several must be folders with a dataflow.yaml
    #[arg(required_unless_present = "code_in_image", value_name = "SOURCE")]
    pub(crate) source: Vec<PathBuf>,
    /// Repository to compare with [default: that of the current folder]
    #[arg(long, value_name = "PATH", conflicts_with = "live")]
    pub(crate) repo: Option<PathBuf>,
    /// Environment, a folder under apps/ [default: that of SOURCE in apps/ENV/NAME, or the only one]
    #[arg(long, value_name = "ENV", conflicts_with = "live")]
    pub(crate) env: Option<String>,
    /// Commit, branch or tag to compare with
    #[arg(
        long = "ref",
        value_name = "REF",
        default_value = "HEAD",
        conflicts_with = "live"
    )]
    pub(crate) reference: String,
    /// Compare with the cluster
    #[arg(long)]
    pub(crate) live: bool,
    /// Compare as this field manager [default: the one that owns the live spec]
    #[arg(long, value_name = "MANAGER", requires = "live")]
    pub(crate) field_manager: Option<String>,
    /// Exit with code 1 instead of 5 if state would be lost
    #[arg(long)]
    pub(crate) accept_state_loss: bool,
    /// Exit with code 1 instead of 5 if the steps of a flow with state cannot be compared
    #[arg(long)]
    pub(crate) accept_unchecked_steps: bool,
    /// Format of the report
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        conflicts_with = "output_format"
    )]
    pub(crate) format: Option<ReportFormat>,
    /// Flags of a flow.
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
}

/// The format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Prints the differences.
pub(crate) fn run(args: &DiffArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (settings, notes) = Settings::resolve(&args.flow, global)?;
    for note in &notes {
        ui.warn(note);
    }
    let sources = sources::read(&args.source, &settings.flow_flags(), ui)?;
    let Compared { flows, mut failed } = if args.live {
        let manager = args.field_manager.as_deref();
        comparison::cluster::compare(&sources, &settings.flow, manager, &global.access(), ui)?
    } else {
        let place = comparison::git::Place {
            repo: args.repo.as_deref(),
            environment: args.env.as_deref(),
            reference: &args.reference,
        };
        let flows = comparison::git::compare(&sources, &settings.flow, &place, ui)?;
        Compared {
            flows,
            failed: Vec::new(),
        }
    };
    if sources.len() == 1
        && let Some(error) = failed.pop()
    {
        return Err(error);
    }
    match (args.format, settings.output) {
        (Some(ReportFormat::Json), _) | (None, Some(OutputFormat::Json)) => print_json(&flows, ui)?,
        (Some(ReportFormat::Text), _) | (None, None) => print_text(&flows, ui)?,
        (None, Some(OutputFormat::Yaml)) => print_yaml(&flows, ui)?,
        (None, Some(OutputFormat::Name)) => {
            for flow in flows.iter().filter(|flow| flow.state != State::Same) {
                ui.line(&dataflow_name(&flow.name))?;
            }
        }
    }
    if !failed.is_empty() {
        return Err(not_compared(&failed, sources.len()));
    }
    verdict(args, &flows)
}

/// Returns the error for the flows that could not be compared, beside the differences of the others.
fn not_compared(failed: &[CommandError], all: usize) -> CommandError {
    let text = format!("cannot compare {} of {all} dataflows", failed.len());
    let mut error = CommandError::failure(text);
    for one in failed {
        let cause = one.causes.first();
        let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
        error = error.because(format!("{}{cause}", one.message));
        for hint in &one.hints {
            if !error.hints.contains(hint) {
                error = error.hint(hint);
            }
        }
    }
    error
}

/// Returns the end of the verb when all flows were compared.
fn verdict(args: &DiffArgs, flows: &[FlowDiff]) -> Result<(), CommandError> {
    let losing: Vec<String> = flows
        .iter()
        .filter(|flow| flow.cost == Cost::StateLost)
        .map(|flow| format!("`{}`", flow.name))
        .collect();
    let unchecked = flows.iter().filter(|flow| flow.unchecked_steps.is_some());
    let unchecked: Vec<_> = unchecked.map(|flow| format!("`{}`", flow.name)).collect();
    if flows.iter().all(|flow| flow.state == State::Same) {
        Ok(())
    } else if !losing.is_empty() && !args.accept_state_loss {
        let error = CommandError::policy(format!(
            "the change of {} would lose state",
            losing.join(", ")
        ));
        Err(error.hint("if you accept the loss, add `--accept-state-loss`"))
    } else if !unchecked.is_empty() && !args.accept_unchecked_steps {
        let error = CommandError::policy(format!(
            "the change of {} could lose state",
            unchecked.join(", ")
        ));
        Err(error.hint("to go on without comparing the steps, add `--accept-unchecked-steps`"))
    } else {
        Err(CommandError::different())
    }
}

fn print_text(flows: &[FlowDiff], ui: &mut Ui) -> Result<(), CommandError> {
    for line in flows.iter().flat_map(report) {
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

/// The report as a document.
#[derive(Serialize)]
struct Report<'a> {
    flows: &'a [FlowDiff],
}

fn print_yaml(flows: &[FlowDiff], ui: &mut Ui) -> Result<(), CommandError> {
    ui.data(&dataflow::yaml::to_string(&Report { flows }).expect("a report has text keys"))
}

fn print_json(flows: &[FlowDiff], ui: &mut Ui) -> Result<(), CommandError> {
    ui.line(&serde_json::to_string_pretty(&Report { flows }).expect("a report is JSON"))
}
