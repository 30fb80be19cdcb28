//! Every figure that is a time, a size or memory: `make bench`. Prints one table; asserts nothing but the
//! limit that the project promises for an outage.

mod cost;
mod memory;
mod outage;

use std::fmt::Display;
use std::path::PathBuf;

use anyhow::{Context, Result};
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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let cluster = Cluster::shared()?;
    // `-- outage` measures only that.
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |section: &str| asked.is_empty() || asked.iter().any(|asked| asked == section);
    let (mut figures, mut ratio) = (Vec::new(), None);
    if wanted("cost") {
        figures.extend(cost::figures(cluster)?);
    }
    if wanted("memory") {
        figures.extend(runtime.block_on(memory::figures(cluster))?);
    }
    if wanted("outage") {
        let (outage, seen) = runtime.block_on(outage::figures(cluster))?;
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
    std::io::Write::write_all(&mut std::io::stdout(), (lines.join("\n") + "\n").as_bytes())?;
    Ok(())
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
