//! Measures in which state Bytewax leaves its recovery store when it is killed. It prints the tables of
//! `docs/recovery.md`.
//!
//! `cargo test --workspace --bench recovery -- [slack] [short] [lengths] [joins]`. All sections take one hour.
//! `WAX_STARTS` sets how often each gang is started and killed. Invariants are asserted; everything else is printed.

mod joins;
mod slack;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let sections: Vec<_> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let starts = match std::env::var("WAX_STARTS") {
        Ok(starts) => starts.parse()?,
        Err(_) => 6,
    };
    let all = ["slack", "short", "lengths", "joins"].map(str::to_owned);
    for section in if sections.is_empty() {
        &all[..]
    } else {
        &sections
    } {
        match section.as_str() {
            "slack" => slack::measure(starts)?,
            "short" => slack::measure_short_executions(starts * 3)?,
            "lengths" => slack::measure_lengths(starts)?,
            "joins" => joins::measure(starts)?,
            other => bail!(
                "unknown section `{other}`; the sections are {}",
                all.join(", ")
            ),
        }
    }
    Ok(())
}

/// Writes one line of a table.
fn print(line: &str) -> Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
