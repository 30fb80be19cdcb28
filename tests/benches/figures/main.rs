//! Measures every figure that is a time, a size or memory (`make bench`), and prints one table. It asserts only the
//! limit that the project promises for an outage.
//!
//! The sections `commit`, `overhead` and `stall` need no cluster: `cargo test --workspace --bench figures --
//! overhead stall`, with `waxrun` built for release. All sections need a machine without other load.

mod changes;
mod commit;
mod cost;
mod live_diff;
mod memory;
mod outage;
mod overhead;
mod restart;
mod stall;
mod usage;

use std::fmt::Display;
use std::path::PathBuf;

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use wax_tests::Cluster;

/// Highest allowed ratio of the outage of a change to that of scaling a plain StatefulSet to zero and back.
const OUTAGE_LIMIT: f64 = 1.3;

/// The sections that arguments may name. Without arguments all are measured.
const SECTIONS: [&str; 8] = [
    "cost",
    "commit",
    "live-diff",
    "memory",
    "outage",
    "changes",
    "overhead",
    "stall",
];

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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((commit::MEASURE, command)) = arguments
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        return write(&commit::measure(command)?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // Cargo adds `--bench`.
    let sections: Vec<_> = arguments.iter().filter(|word| *word != "--bench").collect();
    if let Some(unknown) = sections
        .iter()
        .find(|name| !SECTIONS.contains(&name.as_str()))
    {
        anyhow::bail!(
            "unknown section `{unknown}`; the sections are {}",
            SECTIONS.join(", ")
        );
    }
    let wanted =
        |name: &str| sections.is_empty() || sections.iter().any(|section| *section == name);
    let (figures, ratio) = runtime.block_on(measure(wanted))?;
    print(&figures)?;
    if let Some(ratio) = ratio {
        anyhow::ensure!(
            ratio <= OUTAGE_LIMIT,
            "an outage is {ratio:.2} times a plain restart; the limit is {OUTAGE_LIMIT}"
        );
    }
    Ok(())
}

/// Measures the wanted sections, one after the other; also returns how an outage compares to a plain restart.
async fn measure(wanted: impl Fn(&str) -> bool) -> Result<(Vec<Figure>, Option<f64>)> {
    let (mut figures, mut ratio) = (Vec::new(), None);
    if wanted("cost") {
        figures.extend(cost::figures(Cluster::shared()?)?);
    }
    if wanted("commit") {
        figures.extend(commit::figures()?);
    }
    if wanted("live-diff") {
        figures.extend(live_diff::figures(Cluster::shared()?).await?);
    }
    if wanted("memory") {
        figures.extend(memory::figures(Cluster::shared()?).await?);
    }
    if wanted("outage") {
        let (outage, seen) = outage::figures(Cluster::shared()?).await?;
        figures.extend(outage);
        ratio = Some(seen);
    }
    if wanted("changes") {
        figures.extend(changes::figures(Cluster::shared()?).await?);
    }
    if wanted("overhead") {
        figures.extend(overhead::figures().await?);
    }
    if wanted("stall") {
        figures.extend(stall::figures().await?);
    }
    Ok((figures, ratio))
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

/// Returns the CPU time of all children so far in milliseconds, user and system.
fn cpu_milliseconds() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let milliseconds = |time: TimeVal| {
        let micros = i32::try_from(time.tv_usec()).unwrap_or(0);
        let seconds = i32::try_from(time.tv_sec()).unwrap_or(i32::MAX);
        f64::from(seconds) * 1000.0 + f64::from(micros) / 1000.0
    };
    Ok(milliseconds(usage.user_time()) + milliseconds(usage.system_time()))
}

/// Returns the path of one of our programs in the release profile, which `make bench` has built.
fn release(program: &str) -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let target = this
        .ancestors()
        .nth(3)
        .context("this program is not in target/TRIPLE/PROFILE/deps")?;
    let path = target.join("release").join(program);
    path.canonicalize()
        .with_context(|| format!("{program}: build it with `cargo build --release`"))
}

/// Returns the value of `WAX_SECONDS`, which shortens measurements, or `usual`.
fn seconds(usual: u64) -> Result<u64> {
    setting("WAX_SECONDS", usual)
}

fn setting(name: &str, usual: u64) -> Result<u64> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name} is {text:?}")),
        Err(_) => Ok(usual),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
