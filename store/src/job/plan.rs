//! What a flip is to do: written on every volume when all new files lie verified.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::volumes::Volumes;
use crate::{
    disk::{Disk, checksum, failed},
    fault::{Fault, FaultKind, Refusal},
    identity::{StoreId, Timeline},
    orders::JobOrders,
    volume::{JobFile, Volume},
};

const PLAN_FORMAT: u32 = 1;

/// All files of a step.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    v: u32,
    store: StoreId,
    parent: Option<Timeline>,
    timeline: Timeline,
    pub(super) step: u64,
    /// The highest start number drawn before the step: a later one has used the new files.
    start: u64,
    pub(super) retire: Vec<Place>,
    pub(super) activate: Vec<NewFile>,
    /// Whether the old files may be damaged: nothing is taken from them.
    #[serde(default)]
    pub(super) damaged: bool,
}

/// Where a partition lies.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Place {
    pub(super) index: u32,
    pub(super) volume: u32,
}

/// A partition that is ready to be given its name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct NewFile {
    #[serde(flatten)]
    pub(super) place: Place,
    /// The SHA-256 of the file.
    checksum: String,
}

impl Plan {
    pub(super) fn new(orders: &JobOrders, retire: Vec<Place>, activate: Vec<NewFile>) -> Self {
        Self {
            v: PLAN_FORMAT,
            store: orders.store.clone(),
            parent: orders.parent().cloned(),
            timeline: orders.timeline.clone(),
            step: orders.step,
            start: orders.start,
            retire,
            activate,
            damaged: false,
        }
    }

    /// For old files that may be damaged.
    pub(super) fn of_damaged(self) -> Self {
        Self {
            damaged: true,
            ..self
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.retire.is_empty() && self.activate.is_empty()
    }

    /// Puts the plan on every volume, after everything it speaks of.
    pub(super) fn write(&self, disk: &mut Disk<'_>, volumes: &Volumes) -> Result<(), Refusal> {
        let text = serde_json::to_vec(self).expect("a plan has only texts and numbers");
        for volume in volumes.values() {
            disk.replace(&volume.plan(self.step), &text)?;
        }
        Ok(())
    }

    /// Finds the plan of a flip that has begun; it then lies on every volume.
    pub(super) fn find(orders: &JobOrders, volumes: &Volumes) -> Result<Self, Refusal> {
        let mut faults = Vec::new();
        for volume in volumes.values() {
            match Self::read(volume, orders)? {
                Ok(plan) => return Ok(plan),
                Err(fault) => faults.push(fault),
            }
        }
        Err(Refusal::Faults(faults))
    }

    /// The highest start number that had been drawn before a move of this step; none when it was no
    /// move, or nobody knows.
    pub(super) fn of_move(volume: &Volume, step: u64) -> Option<u64> {
        let text = fs::read(volume.plan(step)).ok()?;
        let plan: Self = serde_json::from_slice(&text).ok()?;
        let same_timeline = plan.parent.as_ref() == Some(&plan.timeline);
        (plan.v <= PLAN_FORMAT && same_timeline).then_some(plan.start)
    }

    fn read(volume: &Volume, orders: &JobOrders) -> Result<Result<Self, Fault>, Refusal> {
        let path = volume.plan(orders.step);
        let fault = |sentence: &str| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let sentence = format!("{sentence}; restore the store from a backup");
            Fault::file(volume, FaultKind::Unfinished, &name, sentence)
        };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Err(fault("the plan of a job that has begun is missing")));
            }
            Err(error) => return Err(failed("read", &path, error).into()),
        };
        let Ok(plan) = serde_json::from_slice::<Self>(&text) else {
            return Ok(Err(fault("the plan of a job that has begun is damaged")));
        };
        let same = plan.v <= PLAN_FORMAT
            && plan.step == orders.step
            && plan.store == orders.store
            && plan.parent.as_ref() == orders.parent()
            && plan.timeline == orders.timeline;
        Ok(if same {
            Ok(plan)
        } else {
            Err(fault("the plan is of other orders than these"))
        })
    }
}

impl Place {
    /// The volume it lies on.
    pub(super) fn of(self, volumes: &Volumes) -> &Volume {
        volumes
            .get(&self.volume)
            .expect("a plan speaks only of the volumes of its orders")
    }
}

impl NewFile {
    /// Forces an incoming file to the disk and takes its checksum.
    pub(super) fn seal(disk: &mut Disk<'_>, path: &Path, place: Place) -> Result<Self, Refusal> {
        disk.sync_file(path)?;
        disk.sync_folder_of(path)?;
        Ok(Self {
            place,
            checksum: checksum(path)?,
        })
    }

    /// Whether the incoming file is still what was sealed.
    pub(super) fn is_intact(&self, volume: &Volume, file: JobFile) -> Result<bool, Refusal> {
        let path = volume.incoming(file);
        Ok(path.exists() && checksum(&path)? == self.checksum)
    }
}
