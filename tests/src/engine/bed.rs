//! A test bed: a recovery store in folders of this machine, and the platform's work on it before a start.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use store::partition::{Beginning, Partition, PartitionFacts, Passport, Trimmed};
use store::resume::{self, Resume, ResumeFault};
use store::spec::Intervals;
use tempfile::TempDir;

use crate::continuity::Continuity;

const STORE: &str = "5a1f0c9e-64d2-4d6b-9d0e-0c1b2a394857";
const TIMELINE: &str = "1-0a1b2c3d";

/// Numbers of workers, processes and partitions of a gang.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Number of workers of each process.
    pub workers: u32,
    /// Number of processes, each with a volume of its own.
    pub processes: u32,
    /// Number of recovery partitions. Partition `p` is on volume `p` modulo `processes`.
    pub partitions: u32,
}

/// A recovery store in folders, on which engines run.
pub struct Bed {
    folder: TempDir,
    shape: Shape,
    /// Length of an epoch: the engine's snapshot interval.
    pub epoch: Duration,
    /// Number of epochs that are kept before the engine collects their snapshots.
    pub kept: u32,
    /// Number of starts that [`Bed::begin`] has prepared.
    starts: u64,
}

impl Bed {
    /// Creates an empty recovery store.
    pub fn new(shape: Shape, epoch: Duration, kept: u32) -> Result<Self> {
        let bed = Self {
            folder: tempfile::tempdir()?,
            shape,
            epoch,
            kept,
            starts: 0,
        };
        std::fs::create_dir(bed.records())?;
        for process in 0..shape.processes {
            std::fs::create_dir(bed.volume(process))?;
        }
        let passport = Passport {
            store: STORE.parse()?,
            timeline: TIMELINE.parse()?,
            branch: None,
            change_number: 1,
            last_start: None,
            highest_commit: None,
        };
        for index in 0..shape.partitions {
            Partition::create(&bed.partition(index), index, shape.partitions, &passport)?;
        }
        Ok(bed)
    }

    /// Returns the numbers of workers, processes and partitions.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Returns the folder that is the volume of a process.
    pub fn volume(&self, process: u32) -> PathBuf {
        self.folder.path().join(format!("volume-{process}"))
    }

    /// Returns the path of a partition.
    pub fn partition(&self, index: u32) -> PathBuf {
        let volume = self.volume(index % self.shape.processes);
        volume.join(format!("part-{index}.sqlite3"))
    }

    /// Returns the paths of all partitions, by index.
    pub fn partitions(&self) -> impl Iterator<Item = PathBuf> {
        (0..self.shape.partitions).map(|index| self.partition(index))
    }

    /// Returns the folder to which the flow writes its records.
    pub fn records(&self) -> PathBuf {
        self.folder.path().join("records")
    }

    /// Judges the records.
    pub fn continuity(&self) -> Result<Continuity> {
        Continuity::read(&self.records())
    }

    /// Reads the facts of all partitions. Engines may be running.
    pub fn facts(&self) -> Result<Vec<PartitionFacts>> {
        let look = |path: PathBuf| Ok(Partition::open_read_only(&path)?.facts()?);
        self.partitions().map(look).collect()
    }

    /// Returns the number of the next execution, and the epoch from which it would resume.
    pub fn resume(&self) -> Result<Resume> {
        Ok(resume::next(&self.facts()?))
    }

    /// Returns the faults for which the platform would refuse to start engines on the partitions.
    pub fn refusals(&self) -> Result<Vec<ResumeFault>> {
        let facts = self.facts()?;
        let count = self.shape.partitions;
        let agreed = resume::agree(&facts, count, &STORE.parse()?, &TIMELINE.parse()?);
        Ok(agreed.err().unwrap_or_default())
    }

    /// Trims every partition and records the start in its passport, as the platform does before a start.
    pub fn begin(&mut self) -> Result<Trimmed> {
        self.starts += 1;
        let next = self.resume()?;
        let beginning = Beginning {
            start: self.starts,
            round: self.starts.to_string(),
            execution: next.execution,
            resume_epoch: next.epoch,
            // Only the quotient of the two intervals matters: the number of epochs that are kept.
            intervals: Intervals::new(1, self.kept.into())?,
        };
        let mut all = Trimmed::default();
        for path in self.partitions() {
            let trimmed = Partition::open(&path)?.begin(&beginning)?;
            all.snaps += trimmed.snaps;
            all.fronts += trimmed.fronts;
        }
        Ok(all)
    }

    /// Returns the environment variables that a container of `process` has for this store.
    pub fn environment(&self, process: u32) -> Vec<(&'static str, String)> {
        let Shape {
            processes,
            partitions,
            ..
        } = self.shape;
        let listed = |values: Vec<String>| values.join(",");
        let claims = (0..processes).map(|at| format!("claim-{at}")).collect();
        let places = (0..partitions).map(|index| (index % processes).to_string());
        let hosts = (0..processes).map(|at| format!("127.0.0.{}", at + 1));
        vec![
            ("WAXRUN_NAME", "bed".to_owned()),
            ("WAXRUN_NAMESPACE", "test".to_owned()),
            ("WAXRUN_POD_NAME", format!("bed-{process}")),
            ("WAXRUN_PROCESSES", processes.to_string()),
            ("WAXRUN_HOSTS", listed(hosts.collect())),
            ("WAXRUN_START", self.starts.to_string()),
            ("WAXRUN_REVISION", "revision".to_owned()),
            ("WAXRUN_RUN_DIR", self.folder.path().display().to_string()),
            (
                "WAXRUN_STORE_DIR",
                self.volume(process).display().to_string(),
            ),
            ("WAXRUN_STORE_ID", STORE.to_owned()),
            ("WAXRUN_STORE_TIMELINE", TIMELINE.to_owned()),
            ("WAXRUN_STORE_STEP", "1".to_owned()),
            ("WAXRUN_PARTITIONS", listed(places.collect())),
            ("WAXRUN_CLAIMS", listed(claims)),
            ("WAXRUN_SNAPSHOT_INTERVAL", "1".to_owned()),
            ("WAXRUN_BACKUP_INTERVAL", self.kept.to_string()),
        ]
    }
}
