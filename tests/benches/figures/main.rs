//! Every figure that is a time, a size or memory: `make bench`. Prints one table; asserts nothing but the
//! limit that the project promises for an outage.

mod commit;
mod cost;
mod memory;
mod outage;

use std::fmt::Display;
use std::path::PathBuf;

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use wax_tests::Cluster;
use wax_tests::programs::root;

/// A change may take this much longer than scaling a plain StatefulSet to zero and back.
const OUTAGE_LIMIT: f64 = 1.3;

/// One line of the table.
struct Figure {
    what: String,
    value: String,
}

impl Figure {
    fn new(what: impl Into<String>, value: impl Display) -> Self {
        Self {
            what: what.into(),
            value: value.to_string(),
        }
    }
}

fn main() -> Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some((commit::MEASURE, command)) = asked
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        return write(&commit::measure(command)?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // `-- outage` measures only that.
    // Cargo itself adds `--bench`.
    let sections: Vec<_> = asked.iter().filter(|word| *word != "--bench").collect();
    let wanted = |name: &str| sections.is_empty() || sections.iter().any(|asked| *asked == name);
    let (mut figures, mut ratio) = (Vec::new(), None);
    if wanted("cost") {
        figures.extend(cost::figures(Cluster::shared()?)?);
    }
    if wanted("commit") {
        figures.extend(commit::figures()?);
    }
    if wanted("memory") {
        figures.extend(runtime.block_on(memory::figures(Cluster::shared()?))?);
    }
    if wanted("outage") {
        let (outage, seen) = runtime.block_on(outage::figures(Cluster::shared()?))?;
        figures.extend(outage);
        ratio = Some(seen);
    }
    print(&figures)?;
    if let Some(ratio) = ratio {
        anyhow::ensure!(
            ratio <= OUTAGE_LIMIT,
            "an outage is {ratio:.2} times a plain restart; the limit is {OUTAGE_LIMIT}"
        );
    }
    Ok(())
}

fn print(figures: &[Figure]) -> Result<()> {
    let width = figures
        .iter()
        .map(|figure| figure.what.chars().count())
        .max()
        .unwrap_or(0);
    let lines: Vec<String> = figures
        .iter()
        .map(|Figure { what, value }| format!("{what:width$}  {value:>12}"))
        .collect();
    write(&lines.join("\n"))
}

fn write(text: &str) -> Result<()> {
    std::io::Write::write_all(&mut std::io::stdout(), format!("{text}\n").as_bytes())?;
    Ok(())
}

/// CPU time of all children so far in milliseconds, user and system.
fn cpu_milliseconds() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let milliseconds = |time: TimeVal| {
        let micros = i32::try_from(time.tv_usec()).unwrap_or(0);
        let seconds = i32::try_from(time.tv_sec()).unwrap_or(i32::MAX);
        f64::from(seconds) * 1000.0 + f64::from(micros) / 1000.0
    };
    Ok(milliseconds(usage.user_time()) + milliseconds(usage.system_time()))
}

/// One of our programs as users install it; `make bench` has built it.
fn release(program: &str) -> Result<PathBuf> {
    let path =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    path.join("release")
        .join(program)
        .canonicalize()
        .with_context(|| format!("{program}: build it with `cargo build --release`"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
