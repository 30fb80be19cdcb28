//! A volume: a folder that holds partitions, what jobs left, and our record of it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    disk::{DiskError, failed},
    identity::ClaimUid,
    partition::{COMPANIONS, SUFFIX},
};

mod record;

pub use record::{RECORD_FORMAT, Record, RecordError};

/// A mounted volume.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Volume {
    /// Its ordinal.
    pub ordinal: u32,
    /// The claim it was mounted for.
    pub claim: ClaimUid,
    /// Where it is mounted.
    pub folder: PathBuf,
}

/// What lies on a volume, by name alone.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Contents {
    /// The partitions under the names the engine gives them.
    pub partitions: BTreeSet<u32>,
    /// Other files the engine would open as partitions.
    pub strays: BTreeSet<String>,
    /// `-wal`, `-shm` and `-journal` files whose main file is not there. SQLite would take them for
    /// part of any file that gets the name.
    pub leftovers: BTreeSet<String>,
    /// What jobs prepared, checked and not yet activated.
    pub incoming: BTreeSet<JobFile>,
    /// What jobs took out of use.
    pub retired: BTreeSet<JobFile>,
    /// The steps that have a plan here.
    pub plans: BTreeSet<u64>,
    /// Unfinished files of ours, under names nothing reads.
    pub scraps: BTreeSet<String>,
}

/// A file of a store job.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct JobFile {
    /// The job's step.
    pub step: u64,
    /// The partition.
    pub index: u32,
}

const INCOMING: &str = "incoming";
const RETIRED: &str = "retired";
const PLAN: &str = ".waxrun-plan-";

impl Volume {
    /// Where a partition lies under the name the engine gives it.
    #[must_use]
    pub fn partition(&self, index: u32) -> PathBuf {
        self.folder.join(partition_name(index))
    }

    /// Where a job prepares a partition.
    pub(crate) fn incoming(&self, file: JobFile) -> PathBuf {
        self.job_file(file, INCOMING)
    }

    /// Where a job puts a partition that is out of use.
    pub(crate) fn retired(&self, file: JobFile) -> PathBuf {
        self.job_file(file, RETIRED)
    }

    /// Where a job keeps its plan.
    pub(crate) fn plan(&self, step: u64) -> PathBuf {
        self.folder.join(format!("{PLAN}{step}.json"))
    }

    fn job_file(&self, file: JobFile, suffix: &str) -> PathBuf {
        let JobFile { step, index } = file;
        // Never ends in what the engine opens.
        self.folder.join(format!("part-{index}.{step}.{suffix}"))
    }

    /// Lists what lies here.
    ///
    /// # Errors
    /// Fails when the folder can't be read.
    pub fn contents(&self) -> Result<Contents, DiskError> {
        let unreadable = |error| failed("list", &self.folder, error);
        let mut contents = Contents::default();
        let mut companions = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let name = name.to_string_lossy();
            match COMPANIONS.iter().find_map(|end| name.strip_suffix(end)) {
                Some(main) => companions.push((main.to_owned(), name.into_owned())),
                None => contents.sort_in(&name),
            }
        }
        for (main, name) in companions {
            if self.folder.join(&main).exists() {
                continue;
            }
            if main.ends_with(SUFFIX) {
                contents.leftovers.insert(name);
            } else if job_file(&main).is_some() {
                contents.scraps.insert(name);
            }
        }
        Ok(contents)
    }
}

impl Contents {
    /// Whether no store has ever used the volume.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        // The very first thing on a volume is our record, half-written.
        let scraps = self.scraps.clone();
        *self
            == Self {
                scraps,
                ..Self::default()
            }
    }

    fn sort_in(&mut self, name: &str) {
        if let Some(index) = partition_index(name) {
            self.partitions.insert(index);
        } else if Path::new(name)
            .extension()
            .is_some_and(|end| end == "sqlite3")
        {
            self.strays.insert(name.to_owned());
        } else if let Some((file, suffix)) = job_file(name) {
            match suffix {
                INCOMING => self.incoming.insert(file),
                _ => self.retired.insert(file),
            };
        } else if let Some(step) = plan_step(name) {
            self.plans.insert(step);
        } else if name.starts_with(".waxrun") && name.ends_with(".new") {
            self.scraps.insert(name.to_owned());
        }
    }
}

/// The name the engine gives a partition.
pub(crate) fn partition_name(index: u32) -> String {
    format!("part-{index}{SUFFIX}")
}

fn partition_index(name: &str) -> Option<u32> {
    let index = name.strip_prefix("part-")?.strip_suffix(SUFFIX)?;
    number(index)
}

fn job_file(name: &str) -> Option<(JobFile, &str)> {
    let (rest, suffix) = name.strip_prefix("part-")?.rsplit_once('.')?;
    let (index, step) = rest.split_once('.')?;
    let file = JobFile {
        step: number(step)?,
        index: number(index)?,
    };
    [INCOMING, RETIRED]
        .contains(&suffix)
        .then_some((file, suffix))
}

fn plan_step(name: &str) -> Option<u64> {
    number(name.strip_prefix(PLAN)?.strip_suffix(".json")?)
}

/// Reads a number as we write it: another spelling is another file.
fn number<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    text.parse()
        .ok()
        .filter(|number: &T| number.to_string() == text)
}

#[cfg(test)]
mod tests;
