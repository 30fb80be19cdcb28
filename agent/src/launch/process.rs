//! What a process does alike whether it is alone or has others: it makes its engine, and says how it
//! ended.

use std::{io::Write, path::PathBuf};

use nix::sys::signal::Signal;

use crate::{
    engine::{Engine, Gang, Mode, WebServer},
    hosts::host_file,
    settings::LaunchSettings,
    telling::say,
};

/// The engine of a process, without recovery.
pub(super) fn engine(settings: &LaunchSettings, python: PathBuf) -> Engine {
    let LaunchSettings {
        member,
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
        gang: host_file(member).map(|host_file| Gang {
            process: member.process,
            host_file,
        }),
        recovery: None,
        web: Some(WebServer {
            port: member.engine_port,
            cache: run_dir.clone(),
        }),
        env: Vec::new(),
    }
}

/// Says which signal stopped the process, and gives the exit code.
pub(super) fn stopped(signal: Signal, log: &mut dyn Write) -> i32 {
    say(log, &format!("stopped by {signal}"));
    128 + signal as i32
}

/// Says that all input has come to its end.
pub(super) fn say_ended(settings: &LaunchSettings, log: &mut dyn Write) {
    let stays = if settings.keep_alive {
        "the pod is kept alive"
    } else {
        "waiting to be stopped"
    };
    let start = settings.member.start;
    let text = format!("all input has come to its end in start {start}; {stays}");
    say(log, &text);
}
