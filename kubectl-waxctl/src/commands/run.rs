//! `run`: runs a flow on this machine, the way it runs in a pod.

use std::path::PathBuf;

use agent::local::{self, LocalError, LocalEvent, LocalOutcome, Stream};
use anstyle::AnsiColor;
use clap::Args;
use gitops::advice::advise;
use gitops::render;
use gitops::rendered::Rendered;
use nix::sys::signal::{Signal, raise};

use crate::args::flow::FlowArgs;
use crate::args::global::GlobalArgs;
use crate::args::settings::Settings;
use crate::error::{CommandError, Kind};
use crate::hints;
use crate::interrupt;
use crate::local::python::{self, Prepared};
use crate::ui::Ui;
use crate::work::sources;

/// Run a dataflow on this machine, the way it runs in a pod
///
/// Uses the Python with Bytewax on the PATH, starts the processes with the launcher that pods use, and exits with their
/// exit code. The code runs from a copy in its own folder, as in a pod: files that are not part of the source are
/// missing there.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # One process with two workers
  waxctl run hello.py -w 2

  # Two processes that form a cluster, with a variable
  waxctl run hello.py -p 2 -e GREETING=hi")]
pub(crate) struct RunArgs {
    /// A Python file, a .tar, or a folder (with a dataflow.yaml, or just code)
    #[arg(value_name = "SOURCE")]
    pub(crate) source: PathBuf,
    /// Number of processes [default: as in dataflow.yaml, else 1]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) processes: Option<i32>,
    /// Number of worker threads in each process [default: as in dataflow.yaml, else 1]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) workers: Option<i32>,
    /// Python file with the flow, such as pkg/mod.py or flow.py:get_flow(5)
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(crate) python_file_name: Option<String>,
    /// Environment variables; can be repeated and takes a list A=1,B=2, where a comma splits only
    /// if NAME= follows
    #[arg(short = 'e', long, value_name = "NAME=VALUE")]
    pub(crate) environment_variables: Vec<String>,
}

/// Name of a flow whose source has no dataflow.yaml.
const UNNAMED: &str = "local";

/// Colours of the processes' prefixes.
const COLORS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::Red,
];

/// Runs the flow to its end.
pub(crate) fn run(args: &RunArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let rendered = rendered(args, global, ui)?;
    // Order: a signal before the run begins removes the folder of the run.
    interrupt::watch();
    let Prepared { run, .. } = &python::prepare(&rendered)?;
    let mut output = Output {
        ui,
        prefix: run.processes > 1,
        closed: None,
    };
    // The run stops the processes in an order of its own.
    interrupt::hand_over();
    let outcome = local::run(run, &mut |event| output.show(&event));
    let closed = output.closed.take();
    let outcome = outcome.map_err(|error| not_started(&error))?;
    closed.map_or_else(|| ended(&outcome), Err)
}

fn rendered(args: &RunArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<Rendered, CommandError> {
    let source = sources::read_one(&args.source, ui)?;
    let flow = FlowArgs {
        name: source.dataflow.is_none().then(|| UNNAMED.to_owned()),
        processes: args.processes,
        workers: args.workers,
        python_file_name: args.python_file_name.clone(),
        environment_variables: args.environment_variables.clone(),
        ..FlowArgs::default()
    };
    let (settings, _) = Settings::resolve(&flow, global)?;
    let rendered = render::render(&settings.flow, &source)?;
    if rendered.code.is_empty() {
        return Err(
            CommandError::usage(format!("{} contains no code", args.source.display()))
                .because("its dataflow.yaml takes the code from the cluster"),
        );
    }
    for warning in advise(&rendered, Some(&source)) {
        ui.warn(&warning);
    }
    Ok(rendered)
}

fn not_started(error: &LocalError) -> CommandError {
    let failure = CommandError::failure("cannot start the dataflow").chain(error);
    match error {
        LocalError::NoPython(_) => hints::install_bytewax(failure),
        LocalError::Engine(_) | LocalError::System { .. } => failure,
    }
}

fn ended(outcome: &LocalOutcome) -> Result<(), CommandError> {
    let mut reports = outcome.failures.iter().map(|(_, report)| report);
    if let Some(report) = reports.find(|report| report.runs_on_import()) {
        return Err(CommandError::usage(report.sentence()));
    }
    let code = match outcome.code {
        0 => return Ok(()),
        130 => return Err(CommandError::ended(Kind::Interrupted)),
        143 => return Err(CommandError::ended(Kind::Terminated)),
        code => u8::try_from(code).unwrap_or(1),
    };
    let error = CommandError::new(
        Kind::Exited(code),
        format!("the dataflow failed with exit code {code}"),
    );
    Err(outcome
        .failures
        .iter()
        .fold(error, |error, (process, report)| {
            error.because(format!("process {process}: {}", report.sentence()))
        }))
}

/// Prints the output of the processes line by line; lines are never mixed.
struct Output<'a> {
    ui: &'a mut Ui,
    prefix: bool,
    closed: Option<CommandError>,
}

impl Output<'_> {
    fn show(&mut self, event: &LocalEvent<'_>) {
        let LocalEvent::Line {
            process,
            stream,
            text,
        } = event
        else {
            return;
        };
        let text = String::from_utf8_lossy(text);
        let color = COLORS[*process as usize % COLORS.len()].on_default();
        match stream {
            // After standard output was closed, the processes only report that they were stopped.
            _ if self.closed.is_some() => {}
            Stream::Stderr => {
                let prefix = self.prefix(*process, |prefix| self.ui.paint_err(color, prefix));
                self.ui.program_message(&prefix, &text);
            }
            Stream::Stdout => {
                let prefix = self.prefix(*process, |prefix| self.ui.paint(color, prefix));
                if let Err(error) = self.ui.program_line(&prefix, &text) {
                    self.closed = Some(error);
                    // Standard output is closed: stop as on a SIGTERM from outside. If the signal
                    // cannot be raised, the flow runs until it ends by itself.
                    raise(Signal::SIGTERM).ok();
                }
            }
        }
    }

    fn prefix(&self, process: u32, paint: impl Fn(&str) -> String) -> String {
        if self.prefix {
            paint(&format!("[{process}]")) + " "
        } else {
            String::new()
        }
    }
}
