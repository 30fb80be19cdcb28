//! What processes use, as the kernel counts it.

use std::iter::Sum;
use std::ops::Add;

use anyhow::{Context, Result};

/// Clock ticks in a second: what Linux counts processor time in, on every machine.
const TICKS: f64 = 100.0;

/// What some processes have used since they were started, and have in memory now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_seconds: f64,
    /// Resident, with all that others share.
    pub(crate) resident_kilobytes: f64,
    /// Resident, with a part only of what others share.
    pub(crate) proportional_kilobytes: f64,
    /// Handed to the kernel, to files and pipes and sockets.
    pub(crate) written_kilobytes: f64,
}

impl Usage {
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let read = |file: &str| {
            let path = format!("/proc/{pid}/{file}");
            std::fs::read_to_string(&path).context(path)
        };
        let rollup = read("smaps_rollup")?;
        Ok(Self {
            cpu_seconds: cpu_seconds(&read("stat")?)?,
            resident_kilobytes: number(&rollup, "Rss:")?,
            proportional_kilobytes: number(&rollup, "Pss:")?,
            written_kilobytes: number(&read("io")?, "wchar:")? / 1024.0,
        })
    }

    pub(crate) fn of_all(pids: &[u32]) -> Result<Self> {
        pids.iter().map(|pid| Self::of(*pid)).sum()
    }

    /// What was used since `before`, and what is in memory now.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            cpu_seconds: self.cpu_seconds - before.cpu_seconds,
            written_kilobytes: self.written_kilobytes - before.written_kilobytes,
            ..self
        }
    }
}

/// How many seconds the threads of a process have been ready to run while others had the processors.
pub(crate) fn waited(pid: u32) -> Result<f64> {
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let waited = text.split_whitespace().nth(1).context("a second number")?;
        nanoseconds += waited.parse::<f64>()?;
    }
    Ok(nanoseconds / 1e9)
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            cpu_seconds: self.cpu_seconds + other.cpu_seconds,
            resident_kilobytes: self.resident_kilobytes + other.resident_kilobytes,
            proportional_kilobytes: self.proportional_kilobytes + other.proportional_kilobytes,
            written_kilobytes: self.written_kilobytes + other.written_kilobytes,
        }
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Self::add)
    }
}

/// User and system time; a name may hold any character, so fields count from behind it.
fn cpu_seconds(stat: &str) -> Result<f64> {
    let (_, fields) = stat.rsplit_once(')').context("a name in brackets")?;
    let ticks = |at: usize| -> Result<f64> {
        let field = fields.split_whitespace().nth(at).context("a field")?;
        Ok(field.parse()?)
    };
    Ok((ticks(11)? + ticks(12)?) / TICKS)
}

fn number(text: &str, name: &str) -> Result<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let line = line.with_context(|| format!("the kernel tells {name}"))?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
