//! Measures how far the commit epochs of partitions are behind the resume epoch after a kill, and other leftovers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use anyhow::{Result, ensure};
use wax_tests::engine::{Bed, Gang, Input, Shape};

use crate::print;

const EPOCH: Duration = Duration::from_millis(50);
/// Numbers of workers per process and of processes.
const CLUSTERS: [(u32, u32); 7] = [(1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (3, 1), (3, 2)];
const PARTITIONS: [u32; 4] = [1, 2, 4, 7];
const KEPT: [u32; 3] = [0, 3, 600];
/// The longest random execution, counted from its first epoch.
const LONGEST: Duration = Duration::from_millis(1200);

/// Leftovers of all kills of one gang.
#[derive(Default)]
struct Left {
    kills: usize,
    /// Number of partitions by `R - (commit + kept)`, where `R` is the resume epoch. A missing commit epoch counts as 0.
    lag: BTreeMap<i64, usize>,
    /// The largest of `R - max(commit + kept, epoch at which the killed execution resumed)`.
    bounded: i64,
    /// Number of kills after which snapshots at or above the resume epoch had to be trimmed.
    leftovers: usize,
    /// Number of kills after which the workers' frontiers differed.
    torn: usize,
}

impl Left {
    fn look(&mut self, bed: &Bed) -> Result<()> {
        let facts = bed.facts()?;
        let resume = i64::try_from(bed.resume()?.epoch)?;
        let executions = facts.iter().flat_map(|facts| &facts.executions);
        let Some(killed) = executions.max_by_key(|execution| execution.number) else {
            return Ok(());
        };
        self.kills += 1;
        for partition in &facts {
            let kept = i64::try_from(partition.commit.unwrap_or(0))? + i64::from(bed.kept);
            *self.lag.entry((resume - kept).max(-1)).or_default() += 1;
            let from = i64::try_from(killed.resume_epoch)?;
            self.bounded = self.bounded.max(resume - kept.max(from));
        }
        let fronts = facts.iter().flat_map(|facts| &facts.fronts);
        let of_killed = fronts.filter(|front| front.execution == killed.number);
        let apart: BTreeSet<_> = of_killed.map(|front| front.epoch).collect();
        self.torn += usize::from(apart.len() > 1);
        Ok(())
    }

    fn row(&self, cluster: (u32, u32), epoch: Duration, kept: u32) -> String {
        let lag: Vec<_> = self
            .lag
            .iter()
            .map(|(lag, times)| format!("{lag}: {times}"))
            .collect();
        format!(
            "| {}x{} | {} ms | {kept} | {} | {} | {} | {} | {} |",
            cluster.0,
            cluster.1,
            epoch.as_millis(),
            self.kills,
            lag.join(", "),
            self.bounded,
            self.leftovers,
            self.torn
        )
    }
}

const HEAD: &str = "| workers x processes | epoch | kept | kills | partitions by lag | largest bounded \
                    lag | with leftovers | torn |\n|---|---|---|---|---|---|---|---|";

/// Kills gangs of all shapes at random times: all processes, one process, or all after one was frozen.
pub(crate) fn measure(starts: usize) -> Result<()> {
    print(HEAD)?;
    for kept in KEPT {
        for cluster in CLUSTERS {
            all_partitions(cluster, EPOCH, kept, starts, random_execution)?;
        }
    }
    Ok(())
}

/// Kills gangs at random times with epochs of 1 s, as in production, and of zero length.
pub(crate) fn measure_lengths(starts: usize) -> Result<()> {
    print(HEAD)?;
    for cluster in [(1, 1), (2, 2), (3, 2)] {
        all_partitions(cluster, Duration::ZERO, 0, starts, random_execution)?;
        all_partitions(cluster, Duration::from_secs(1), 0, starts, random_execution)?;
        all_partitions(cluster, Duration::from_secs(1), 3, starts, random_execution)?;
    }
    Ok(())
}

/// Kills gangs as soon as they have closed an epoch.
pub(crate) fn measure_short_executions(starts: usize) -> Result<()> {
    print(HEAD)?;
    for cluster in [(1, 1), (1, 4), (3, 2)] {
        all_partitions(cluster, EPOCH, 0, starts, |bed, gang, _| {
            let from = bed.resume()?.epoch;
            bed.reaches(gang, from + 1)?;
            Ok(None)
        })?;
    }
    Ok(())
}

fn all_partitions(
    (workers, processes): (u32, u32),
    epoch: Duration,
    kept: u32,
    starts: usize,
    live: impl Fn(&Bed, &mut Gang, usize) -> Result<Option<u32>>,
) -> Result<()> {
    let mut left = Left::default();
    for partitions in PARTITIONS {
        let shape = Shape {
            workers,
            processes,
            partitions,
        };
        one(&mut Bed::new(shape, epoch, kept)?, starts, &mut left, &live)?;
    }
    print(&left.row((workers, processes), epoch, kept))
}

/// Starts and kills one gang `starts` times. `live` returns the only engine to kill, or `None` for all engines.
fn one(
    bed: &mut Bed,
    starts: usize,
    left: &mut Left,
    live: impl Fn(&Bed, &mut Gang, usize) -> Result<Option<u32>>,
) -> Result<()> {
    bed.begin()?;
    for number in 0..starts {
        let next = bed.resume()?.execution;
        let mut gang = bed.start(&Input::endless(6, 0.01))?;
        bed.begins(&mut gang, next)?;
        match live(bed, &mut gang, number)? {
            Some(process) => gang.kill_one(process)?,
            None => gang.kill(0)?,
        }
        left.look(bed)?;
        let refusals = bed.refusals()?;
        ensure!(refusals.is_empty(), "{:?}: {refusals:?}", bed.shape());
        left.leftovers += usize::from(bed.begin()?.snaps > 0);
    }
    let seen = bed.continuity()?;
    // All engines may have been killed before their first record.
    if seen.source_runs > 0 {
        seen.exact()
    } else {
        Ok(())
    }
}

fn random_execution(_: &Bed, gang: &mut Gang, number: usize) -> Result<Option<u32>> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    std::thread::sleep(LONGEST * (now.subsec_micros() % 1000) / 1000);
    let process = gang.size().saturating_sub(1);
    Ok(match number % 3 {
        0 => None,
        1 => Some(process),
        _ => {
            gang.engine(process).freeze()?;
            std::thread::sleep(EPOCH * 4);
            None
        }
    })
}
