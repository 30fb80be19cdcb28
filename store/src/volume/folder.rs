//! A volume as a folder: where each file lies on it.

use std::path::PathBuf;

use super::name::{INCOMING, JobFile, PLAN, RETIRED, partition_name};
use crate::identity::ClaimUid;

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
}
