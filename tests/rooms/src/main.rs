//! `rooms [ROOT]` checks the workspace at ROOT (default: the current folder); `rooms --surface [ROOT]`
//! counts what each crate shows to others.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use rooms::{check, read_from_disk, surface};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let count = args.first().is_some_and(|first| first == "--surface");
    if count {
        args.remove(0);
    }
    let root = args.first().map_or(".", String::as_str);
    let checkout = read_from_disk(Path::new(root))?;

    let mut out = std::io::stdout().lock();
    if count {
        write!(out, "{}", surface(&checkout)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let report = check(&checkout)?;
    write!(out, "{report}")?;
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
