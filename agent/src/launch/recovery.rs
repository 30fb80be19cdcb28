//! A process's recovery volume, from the lock to the start of the engine.

use std::io::Write;

use store::{
    locked_volume::LockedVolume,
    partition::{Beginning as Noted, PartitionFacts},
    spec::StoreSpec,
};

use super::room::{Room, cause};
use crate::{
    engine,
    rendezvous::{Beginning, Stock, Terms, agree_on},
    report::TerminationReport,
    settings::LaunchSettings,
    state::RunDir,
    telling::{refusal, refused, say},
};

/// What the failure of an engine was, if it kept state.
pub(super) fn explained(
    recovery: Option<&Recovery>,
    report: TerminationReport,
) -> TerminationReport {
    match recovery {
        Some(recovery) => recovery.cause(report),
        None => report,
    }
}

/// A volume that this process alone may write, until it and its engine have ended.
pub(super) struct Recovery {
    spec: StoreSpec,
    locked: LockedVolume,
    /// The room there was when it was last looked at.
    room: Option<Room>,
}

impl Recovery {
    /// Takes the recovery volume, if there is one.
    pub(super) fn of(settings: &LaunchSettings) -> Result<Option<Self>, TerminationReport> {
        settings.recovery.as_ref().map(Self::enter).transpose()
    }

    /// Takes the volume's lock and verifies what lies there.
    fn enter(spec: &StoreSpec) -> Result<Self, TerminationReport> {
        let locked = LockedVolume::enter(spec.clone()).map_err(|error| refusal(&error))?;
        Ok(Self {
            spec: spec.clone(),
            locked,
            room: None,
        })
    }

    /// Looks how much room there is.
    pub(super) fn look(&mut self) {
        self.room = Room::of(&self.spec.folder);
    }

    /// What a failure was, by the room on the volume.
    fn cause(&self, report: TerminationReport) -> TerminationReport {
        let room = Room::of(&self.spec.folder);
        cause(report, &self.volume(), [self.room, room])
    }

    fn volume(&self) -> String {
        format!("recovery volume {}", self.spec.volume())
    }

    /// Tells what the host must know of the store.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            store: self.spec.store.clone(),
            timeline: self.spec.timeline.clone(),
            partitions: self.spec.placement.count(),
        }
    }

    /// Reads what this process's partitions say, while no engine runs on them, and sees to it that one
    /// has room to run.
    pub(super) fn stock(&self) -> Result<Stock, TerminationReport> {
        if let Some(room) = Room::of(&self.spec.folder) {
            room.suffices(&self.volume())?;
        }
        let facts = self.locked.offer();
        let facts: Vec<PartitionFacts> = facts.map_err(|error| self.cause(refusal(&error)))?;
        Ok(Stock(facts))
    }

    /// Finds where a process without others begins.
    pub(super) fn alone(&self) -> Result<Beginning, TerminationReport> {
        agree_on(&self.terms(), &self.stock()?.0).map_err(refused)
    }

    /// Trims the partitions to where all begin and notes that in each.
    pub(super) fn begin(
        &self,
        beginning: Beginning,
        round: String,
        log: &mut dyn Write,
    ) -> Result<(), TerminationReport> {
        let Beginning { execution, epoch } = beginning;
        let noted = Noted {
            start: self.spec.start,
            round,
            execution,
            resume_epoch: epoch,
            intervals: self.spec.intervals,
        };
        let begun = self.locked.begin(&noted);
        let trimmed = begun.map_err(|error| self.cause(refusal(&error)))?;
        let text = format!(
            "execution {execution} begins at epoch {epoch}; {} snapshots from after it are dropped",
            trimmed.snaps
        );
        say(log, &text);
        Ok(())
    }

    /// What the engine is told, once the partitions have been trimmed.
    pub(super) fn flags(&self) -> Result<engine::Recovery, TerminationReport> {
        Ok(engine::Recovery {
            folder: self.spec.folder.clone(),
            intervals: self.spec.intervals,
            stored: self.locked.step_ids().map_err(|error| refusal(&error))?,
        })
    }

    /// Where the end of all input is noted, for a pod that comes after this one.
    pub(super) fn notes(&self) -> RunDir {
        let name = format!(".waxrun-ended-{}", self.spec.ordinal);
        RunDir::new(self.spec.folder.join(name))
    }
}
