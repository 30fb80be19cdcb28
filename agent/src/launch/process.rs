//! The parts of `launch` that are the same for one process and for several: the engine's settings, and the
//! messages about its end.

use std::{io::Write, path::PathBuf};

use nix::sys::signal::Signal;

use crate::{
    engine::{Engine, Gang, Inherited, Mode, WebServer},
    hosts::host_file,
    reporting::say,
    settings::LaunchSettings,
};

/// Makes the engine of a process, without recovery.
pub(super) fn engine(settings: &LaunchSettings, python: PathBuf) -> Engine {
    let LaunchSettings {
        identity,
        workers,
        python_file,
        workdir,
        run_dir,
        ..
    } = settings;
    Engine {
        python,
        workdir: workdir.clone(),
        scratch: run_dir.clone(),
        python_file: python_file.clone(),
        mode: Mode::Run,
        workers: *workers,
        gang: host_file(identity).map(|host_file| Gang {
            process: identity.process,
            host_file,
        }),
        recovery: None,
        web: Some(WebServer {
            port: identity.engine_port,
            cache: run_dir.clone(),
        }),
        inherited: Inherited::All,
        env: Vec::new(),
    }
}

/// Logs which signal stopped the process, and returns the exit code.
pub(super) fn stopped(signal: Signal, log: &mut dyn Write) -> i32 {
    say(log, &format!("stopped by {signal}"));
    128 + signal as i32
}

/// Logs that the engine has reached the end of all input.
pub(super) fn say_ended(settings: &LaunchSettings, log: &mut dyn Write) {
    let next = if settings.keep_alive {
        "keeping the pod alive"
    } else {
        "waiting to be stopped"
    };
    let start = settings.identity.start;
    let text = format!("reached the end of all input in start {start}; {next}");
    say(log, &text);
}
