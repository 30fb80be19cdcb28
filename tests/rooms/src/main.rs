//! The program `rooms`: checks the workspace at ROOT (default: the current folder).
//!
//! `rooms [ROOT]` reports faults, `rooms --surface [ROOT]` counts the public items of each crate, and
//! `rooms --words [ROOT]` measures the wording.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use rooms::{check, figures, read_from_disk, surface, wording};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (flags, roots): (Vec<&str>, Vec<&str>) = args
        .iter()
        .map(String::as_str)
        .partition(|arg| arg.starts_with("--"));
    let checkout = read_from_disk(Path::new(roots.first().unwrap_or(&".")))?;

    let mut out = std::io::stdout().lock();
    match flags.as_slice() {
        [] => {
            let (modules, texts) = (check(&checkout)?, wording(&checkout)?);
            write!(out, "{modules}{texts}")?;
            if !modules.is_clean() || !texts.is_clean() {
                return Ok(ExitCode::FAILURE);
            }
        }
        ["--surface"] => write!(out, "{}", surface(&checkout)?)?,
        ["--words"] => write!(out, "{}", figures(&checkout)?)?,
        _ => return Err("usage: rooms [--surface | --words] [ROOT]".into()),
    }
    Ok(ExitCode::SUCCESS)
}
