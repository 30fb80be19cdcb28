//! Reads the resource usage of processes from the kernel.

use std::iter::Sum;
use std::ops::Add;

use anyhow::{Context, Result};

/// Clock ticks per second, in which Linux reports processor time on every machine.
const TICKS: f64 = 100.0;

/// Resources that processes have used since their start, and their memory now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_seconds: f64,
    /// Resident memory, including shared pages.
    pub(crate) resident_kilobytes: f64,
    /// Resident memory, with a proportional part of shared pages.
    pub(crate) proportional_kilobytes: f64,
    /// Bytes written to files, pipes and sockets, in kB.
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

    /// Returns the usage since `before`, and the memory now.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            cpu_seconds: self.cpu_seconds - before.cpu_seconds,
            written_kilobytes: self.written_kilobytes - before.written_kilobytes,
            ..self
        }
    }
}

/// Returns the seconds for which the threads of a process were ready to run but had no processor.
pub(crate) fn waited(pid: u32) -> Result<f64> {
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let waited = text
            .split_whitespace()
            .nth(1)
            .context("schedstat has no second number")?;
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

/// Returns user and system time. Fields are counted after the program's name, which may contain any character.
fn cpu_seconds(stat: &str) -> Result<f64> {
    let (_, fields) = stat
        .rsplit_once(')')
        .context("stat has no name in brackets")?;
    let ticks = |at: usize| -> Result<f64> {
        let field = fields
            .split_whitespace()
            .nth(at)
            .context("stat has too few fields")?;
        Ok(field.parse()?)
    };
    Ok((ticks(11)? + ticks(12)?) / TICKS)
}

fn number(text: &str, name: &str) -> Result<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let line = line.with_context(|| format!("the kernel does not report {name}"))?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
