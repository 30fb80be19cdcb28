//! `in-group COMMAND...` runs a command as a [`Program`], and ends with its exit code.

use std::process::{Command, ExitCode};

use process_group::Program;

fn main() -> std::io::Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().unwrap_or_else(|| "true".into());
    let status = Program::start(Command::new(program).args(words))?.wait()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
