//! Returns the path of each file on a volume.

use std::path::PathBuf;

use super::name::{ChangeFile, INCOMING, PLAN, RETIRED, partition_name};
use crate::identity::ClaimUid;

/// A mounted volume.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Volume {
    /// The ordinal of the volume.
    pub ordinal: u32,
    /// The UID of the PVC for which it is mounted.
    pub claim: ClaimUid,
    /// The folder where it is mounted.
    pub folder: PathBuf,
}

impl Volume {
    /// Returns the path of a partition, under the name that the engine opens.
    #[must_use]
    pub fn partition(&self, index: u32) -> PathBuf {
        self.folder.join(partition_name(index))
    }

    /// Returns the path at which a store change prepares a partition.
    pub(crate) fn incoming(&self, file: ChangeFile) -> PathBuf {
        self.change_file(file, INCOMING)
    }

    /// Returns the path to which a store change moves a partition that it takes out of use.
    pub(crate) fn retired(&self, file: ChangeFile) -> PathBuf {
        self.change_file(file, RETIRED)
    }

    /// Returns the path of the plan of a store change.
    pub(crate) fn plan(&self, change_number: u64) -> PathBuf {
        self.folder.join(format!("{PLAN}{change_number}.json"))
    }

    fn change_file(&self, file: ChangeFile, suffix: &str) -> PathBuf {
        let ChangeFile {
            change_number,
            index,
        } = file;
        // The name must not end in `.sqlite3`, because the engine would open the file.
        self.folder
            .join(format!("part-{index}.{change_number}.{suffix}"))
    }
}
