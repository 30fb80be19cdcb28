//! Entry point of `kubectl waxctl`, `waxctl` and kubectl's completion of it.

use std::process::ExitCode;

fn main() -> ExitCode {
    waxctl::run_process(std::env::args_os())
}
