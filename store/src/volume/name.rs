//! Names of the files on a volume.

use crate::partition::SUFFIX;

/// A file of a store job.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct JobFile {
    /// The job's step.
    pub step: u64,
    /// The partition.
    pub index: u32,
}

/// How the name of a file ends that a job prepares.
pub(super) const INCOMING: &str = "incoming";

/// How the name of a file ends that a job took out of use.
pub(super) const RETIRED: &str = "retired";

/// How the name of a plan begins.
pub(super) const PLAN: &str = ".waxrun-plan-";

/// The name the engine gives a partition.
pub(crate) fn partition_name(index: u32) -> String {
    format!("part-{index}{SUFFIX}")
}

/// The index in the name of a partition.
pub(super) fn partition_index(name: &str) -> Option<u32> {
    let index = name.strip_prefix("part-")?.strip_suffix(SUFFIX)?;
    number(index)
}

/// A file of a job with its suffix, by its name.
pub(super) fn job_file(name: &str) -> Option<(JobFile, &str)> {
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

/// The step in the name of a plan.
pub(super) fn plan_step(name: &str) -> Option<u64> {
    number(name.strip_prefix(PLAN)?.strip_suffix(".json")?)
}

/// Reads a number as we write it: another spelling is another file.
fn number<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    text.parse()
        .ok()
        .filter(|number: &T| number.to_string() == text)
}
