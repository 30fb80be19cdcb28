//! Formats and parses the names of the files on a volume.

use crate::partition::SUFFIX;

/// A file of a store change.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ChangeFile {
    /// The number of the store change.
    pub change_number: u64,
    /// The index of the partition.
    pub index: u32,
}

/// The end of the name of a file that a store change prepares.
pub(super) const INCOMING: &str = "incoming";

/// The end of the name of a file that a store change took out of use.
pub(super) const RETIRED: &str = "retired";

/// The beginning of the name of a plan.
pub(super) const PLAN: &str = ".waxrun-plan-";

/// Returns the name under which the engine opens a partition.
pub(crate) fn partition_name(index: u32) -> String {
    format!("part-{index}{SUFFIX}")
}

/// Returns the index in the name of a partition.
pub(super) fn partition_index(name: &str) -> Option<u32> {
    let index = name.strip_prefix("part-")?.strip_suffix(SUFFIX)?;
    number(index)
}

/// Parses the name of a file of a store change, and returns it with its suffix.
pub(super) fn change_file(name: &str) -> Option<(ChangeFile, &str)> {
    let (rest, suffix) = name.strip_prefix("part-")?.rsplit_once('.')?;
    let (index, change_number) = rest.split_once('.')?;
    let file = ChangeFile {
        change_number: number(change_number)?,
        index: number(index)?,
    };
    [INCOMING, RETIRED]
        .contains(&suffix)
        .then_some((file, suffix))
}

/// Returns the change number in the name of a plan.
pub(super) fn plan_number(name: &str) -> Option<u64> {
    number(name.strip_prefix(PLAN)?.strip_suffix(".json")?)
}

/// Parses a number in the spelling that we write; another spelling is the name of another file.
fn number<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    text.parse()
        .ok()
        .filter(|number: &T| number.to_string() == text)
}
