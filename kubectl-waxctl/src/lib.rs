//! The kubectl plugin that takes a Bytewax flow from a file through git to a cluster.
//!
//! Each verb is one file in `commands`: it turns its flags (`args`) into work (`work`) and prints the result (`ui`).
//! Crate `gitops` holds everything that needs no file, repository or cluster. The modules `git`, `cluster` and `local`
//! touch those. Begin reading in [`cli`].

mod access;
mod args;
pub mod cli;
mod cluster;
mod commands;
mod details;
mod documents;
mod dry_run;
mod duration;
mod error;
mod git;
mod hints;
mod interrupt;
mod local;
mod logs;
mod names;
mod process_state;
pub mod ui;
mod work;

use std::ffi::OsString;
use std::process::ExitCode;

use cli::{Cli, complete, dispatch};
use ui::{Program, Ui, trace, warnings};

/// Runs the program with the process's own arguments and streams, and returns its exit code.
///
/// The first argument is the name that the program was called by: `kubectl-waxctl`,
/// `kubectl_complete-waxctl`, or anything else for `waxctl`.
pub fn run_process(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args = args.into_iter();
    let program = Program::from_argv0(args.next().as_deref());
    let mut ui = Ui::for_process();
    ExitCode::from(run(program, args.collect(), &mut ui))
}

/// Runs the program with the given arguments (without its own name) and returns its exit code.
pub fn run(program: Program, args: Vec<OsString>, ui: &mut Ui) -> u8 {
    ui.set_program(program);
    if program == Program::Completer {
        return complete::answer(&args, ui);
    }
    let cli = match Cli::parse(program, args, ui.width()) {
        Ok(cli) => cli,
        Err(error) => return ui.clap_error(&error),
    };
    ui.set_color(cli.global.color);
    trace::set_level(cli.global.log_level());
    let result = dispatch::run(&cli, ui);
    let result = match warnings::as_error().filter(|_| cli.global.fails_on_warnings()) {
        Some(warned) => result.and(Err(warned)),
        None => result,
    };
    match result {
        Ok(()) => 0,
        Err(error) => {
            ui.progress_done();
            ui.error(&error);
            cli.exit_code(&error)
        }
    }
}
