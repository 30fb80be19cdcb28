//! The kubectl plugin that takes a Bytewax flow from a file through git to a cluster.
//!
//! One verb is one file in [`commands`]; the rooms a verb goes through are listed here in the order
//! of a flow's way: flags ([`settings`]), files ([`source`]), the resource ([`render`]), the report of
//! changes ([`diff`]). Only [`ui`] prints.

pub mod cli;
pub mod cluster;
pub mod commands;
pub mod deployment;
pub mod diff;
pub mod edit;
pub mod error;
pub mod git;
pub mod live;
pub mod logs;
pub mod manifests;
pub mod order;
pub mod readiness;
pub mod render;
pub mod secrets;
pub mod settings;
pub mod source;
pub mod steps;
pub mod table;
pub mod ui;
pub mod view;
pub mod volumes;
pub mod workdir;

use std::ffi::OsString;
use std::process::ExitCode;

use cli::{Cli, Program};
use ui::Ui;

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
        return cli::complete::answer(&args, ui);
    }
    let cli = match Cli::parse(program, args, ui.width()) {
        Ok(cli) => cli,
        Err(error) => return ui.clap_error(&error),
    };
    ui.set_color(cli.global.color);
    match commands::run(&cli, ui) {
        Ok(()) => 0,
        Err(error) => {
            ui.progress_done();
            ui.error(&error);
            cli.exit_code(&error)
        }
    }
}
