//! Reads and writes the plan of a swap.
//!
//! Order: the plan is written on every volume after all new files are complete and verified.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::volumes::Volumes;
use crate::{
    disk::{Disk, checksum, failed},
    fault::{Fault, FaultKind, Refusal},
    identity::{StoreId, Timeline},
    spec::ChangeSpec,
    volume::{ChangeFile, Volume},
};

/// The format version of the plan; a newer one is refused.
const PLAN_FORMAT: u32 = 1;

/// All files of a store change.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    v: u32,
    store: StoreId,
    parent: Option<Timeline>,
    timeline: Timeline,
    #[serde(rename = "step")]
    pub(super) change_number: u64,
    /// The highest start number that was used before the change. Every later start uses the new files.
    start: u64,
    pub(super) retire: Vec<Place>,
    pub(super) activate: Vec<NewFile>,
    /// Whether the old files may be damaged, because the change does not need their content.
    #[serde(default, rename = "damaged")]
    pub(super) may_be_damaged: bool,
}

/// A partition and its volume.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Place {
    pub(super) index: u32,
    pub(super) volume: u32,
}

/// A complete new file that is ready to be renamed to its final name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct NewFile {
    #[serde(flatten)]
    pub(super) place: Place,
    /// The SHA-256 of the file.
    checksum: String,
}

impl Plan {
    pub(super) fn new(spec: &ChangeSpec, retire: Vec<Place>, activate: Vec<NewFile>) -> Self {
        Self {
            v: PLAN_FORMAT,
            store: spec.store.clone(),
            parent: spec.parent().cloned(),
            timeline: spec.timeline.clone(),
            change_number: spec.change_number,
            start: spec.start,
            retire,
            activate,
            may_be_damaged: false,
        }
    }

    /// Permits damaged old files.
    pub(super) fn permitting_damage(self) -> Self {
        Self {
            may_be_damaged: true,
            ..self
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.retire.is_empty() && self.activate.is_empty()
    }

    /// Writes the plan on every volume. Order: after all files that it names.
    pub(super) fn write(&self, disk: &mut Disk<'_>, volumes: &Volumes) -> Result<(), Refusal> {
        let text = serde_json::to_vec(self).expect("a plan has only texts and numbers");
        for volume in volumes.values() {
            disk.replace(&volume.plan(self.change_number), &text)?;
        }
        Ok(())
    }

    /// Reads the plan of a swap that has begun. The plan is then on every volume.
    pub(super) fn find(spec: &ChangeSpec, volumes: &Volumes) -> Result<Self, Refusal> {
        let mut faults = Vec::new();
        for volume in volumes.values() {
            match Self::read(volume, spec)? {
                Ok(plan) => return Ok(plan),
                Err(fault) => faults.push(fault),
            }
        }
        Err(Refusal::Faults(faults))
    }

    /// Returns the highest start number that was used before a move with this change number; `None` if
    /// it was not a move, or its plan is not readable.
    pub(super) fn of_move(volume: &Volume, change_number: u64) -> Option<u64> {
        let text = fs::read(volume.plan(change_number)).ok()?;
        let plan: Self = serde_json::from_slice(&text).ok()?;
        let same_timeline = plan.parent.as_ref() == Some(&plan.timeline);
        (plan.v <= PLAN_FORMAT && same_timeline).then_some(plan.start)
    }

    fn read(volume: &Volume, spec: &ChangeSpec) -> Result<Result<Self, Fault>, Refusal> {
        let path = volume.plan(spec.change_number);
        let fault = |sentence: &str| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let sentence = format!("{sentence}; restore the store from a backup");
            Fault::file(volume, FaultKind::Unfinished, &name, sentence)
        };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Err(fault(
                    "the plan of a store change that has begun is missing",
                )));
            }
            Err(error) => return Err(failed("read", &path, error).into()),
        };
        let Ok(plan) = serde_json::from_slice::<Self>(&text) else {
            return Ok(Err(fault(
                "the plan of a store change that has begun is damaged",
            )));
        };
        let same = plan.v <= PLAN_FORMAT
            && plan.change_number == spec.change_number
            && plan.store == spec.store
            && plan.parent.as_ref() == spec.parent()
            && plan.timeline == spec.timeline;
        Ok(if same {
            Ok(plan)
        } else {
            Err(fault("the plan belongs to another store change"))
        })
    }
}

impl Place {
    /// Returns the volume.
    pub(super) fn of(self, volumes: &Volumes) -> &Volume {
        volumes
            .get(&self.volume)
            .expect("a plan names only volumes of its spec")
    }
}

impl NewFile {
    /// Syncs an incoming file to the disk and computes its checksum.
    pub(super) fn seal(disk: &mut Disk<'_>, path: &Path, place: Place) -> Result<Self, Refusal> {
        disk.sync_file(path)?;
        disk.sync_folder_of(path)?;
        Ok(Self {
            place,
            checksum: checksum(path)?,
        })
    }

    /// Whether the incoming file still has the sealed checksum.
    pub(super) fn is_intact(&self, volume: &Volume, file: ChangeFile) -> Result<bool, Refusal> {
        let path = volume.incoming(file);
        Ok(path.exists() && checksum(&path)? == self.checksum)
    }
}
