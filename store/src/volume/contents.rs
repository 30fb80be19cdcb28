//! What lies on a volume, by name alone.

use std::{collections::BTreeSet, fs, path::Path};

use super::{
    folder::Volume,
    name::{INCOMING, JobFile, job_file, partition_index, plan_step},
};
use crate::{
    disk::{DiskError, failed},
    partition::{COMPANIONS, SUFFIX},
};

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

impl Volume {
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
    pub(crate) fn is_untouched(&self) -> bool {
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
