//! Lists the files on a volume and sorts them by name, without opening them.

use std::{collections::BTreeSet, fs, path::Path};

use super::{
    folder::Volume,
    name::{ChangeFile, INCOMING, change_file, partition_index, plan_number},
};
use crate::{
    disk::{DiskError, failed},
    partition::{COMPANIONS, SUFFIX},
};

/// The files on a volume, sorted by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Contents {
    /// The indexes of the partitions under the names that the engine opens.
    pub partitions: BTreeSet<u32>,
    /// Other files that the engine would open as partitions.
    pub strays: BTreeSet<String>,
    /// The `-wal`, `-shm` and `-journal` files whose main file is missing. SQLite would treat them
    /// as part of any file that gets the main name.
    pub leftovers: BTreeSet<String>,
    /// The files that store changes prepared and did not activate yet.
    pub incoming: BTreeSet<ChangeFile>,
    /// The files that store changes took out of use.
    pub retired: BTreeSet<ChangeFile>,
    /// The numbers of the store changes that have a plan here.
    pub plans: BTreeSet<u64>,
    /// Our own unfinished files, under names that no program reads.
    pub scraps: BTreeSet<String>,
}

impl Volume {
    /// Lists the files on the volume.
    ///
    /// # Errors
    /// Fails if the folder cannot be read.
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
            } else if change_file(&main).is_some() {
                contents.scraps.insert(name);
            }
        }
        Ok(contents)
    }
}

impl Contents {
    /// Whether no store has used the volume yet.
    #[must_use]
    pub(crate) fn is_untouched(&self) -> bool {
        // The first file on a volume is the header, which a crash may leave half-written.
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
        } else if let Some((file, suffix)) = change_file(name) {
            match suffix {
                INCOMING => self.incoming.insert(file),
                _ => self.retired.insert(file),
            };
        } else if let Some(change_number) = plan_number(name) {
            self.plans.insert(change_number);
        } else if name.starts_with(".waxrun") && name.ends_with(".new") {
            self.scraps.insert(name.to_owned());
        }
    }
}
