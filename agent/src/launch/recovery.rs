//! The recovery volume of a process, from taking its lock to the start of the engine.

use std::io::Write;

use store::{
    locked_volume::LockedVolume,
    partition::{Beginning as Noted, PartitionFacts},
    spec::StoreSpec,
};

use super::disk_space::{DiskSpace, with_disk_space};
use crate::{
    engine,
    rendezvous::{Beginning, PartitionOffer, StoreIdentity, agree_on},
    report::TerminationReport,
    reporting::{refusal, refused, say},
    settings::LaunchSettings,
    state::RunDir,
};

/// Returns the report of a failed engine, replaced if its recovery volume was full.
pub(super) fn explained(
    recovery: Option<&Recovery>,
    report: TerminationReport,
) -> TerminationReport {
    match recovery {
        Some(recovery) => recovery.explain(report),
        None => report,
    }
}

/// A recovery volume on which this process holds the lock until it and its engine have ended.
pub(super) struct Recovery {
    spec: StoreSpec,
    locked: LockedVolume,
    /// The free space when it was last measured.
    disk_space: Option<DiskSpace>,
}

impl Recovery {
    /// Opens the recovery volume, if there is one.
    pub(super) fn of(settings: &LaunchSettings) -> Result<Option<Self>, TerminationReport> {
        settings.recovery.as_ref().map(Self::enter).transpose()
    }

    /// Takes the lock of the volume and verifies its content.
    fn enter(spec: &StoreSpec) -> Result<Self, TerminationReport> {
        let locked = LockedVolume::enter(spec.clone()).map_err(|error| refusal(&error))?;
        Ok(Self {
            spec: spec.clone(),
            locked,
            disk_space: None,
        })
    }

    /// Measures the free space.
    pub(super) fn measure(&mut self) {
        self.disk_space = DiskSpace::of(&self.spec.folder);
    }

    /// Replaces the report of a failure if the volume was full.
    fn explain(&self, report: TerminationReport) -> TerminationReport {
        let now = DiskSpace::of(&self.spec.folder);
        with_disk_space(report, &self.volume(), [self.disk_space, now])
    }

    fn volume(&self) -> String {
        format!("recovery volume {}", self.spec.volume())
    }

    /// Returns the identity of the store, for the host of the rendezvous.
    pub(super) fn store_identity(&self) -> StoreIdentity {
        StoreIdentity {
            store: self.spec.store.clone(),
            timeline: self.spec.timeline.clone(),
            partitions: self.spec.placement.count(),
        }
    }

    /// Reads the facts of this process's partitions. Fails if an engine would not have enough free space.
    ///
    /// No engine may run on the partitions meanwhile.
    pub(super) fn partition_offer(&self) -> Result<PartitionOffer, TerminationReport> {
        if let Some(space) = DiskSpace::of(&self.spec.folder) {
            space.suffices(&self.volume())?;
        }
        let facts = self.locked.offer();
        let facts: Vec<PartitionFacts> = facts.map_err(|error| self.explain(refusal(&error)))?;
        Ok(PartitionOffer(facts))
    }

    /// Computes where the only process of a dataflow resumes.
    pub(super) fn alone(&self) -> Result<Beginning, TerminationReport> {
        agree_on(&self.store_identity(), &self.partition_offer()?.0).map_err(refused)
    }

    /// Trims the partitions to the common resume epoch, and records the start in each.
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
        let trimmed = begun.map_err(|error| self.explain(refusal(&error)))?;
        let text = format!(
            "starting execution {execution} at epoch {epoch}; dropped {} later snapshots",
            trimmed.snaps
        );
        say(log, &text);
        Ok(())
    }

    /// Returns the engine's recovery settings, for after the partitions have been trimmed.
    pub(super) fn flags(&self) -> Result<engine::Recovery, TerminationReport> {
        Ok(engine::Recovery {
            folder: self.spec.folder.clone(),
            intervals: self.spec.intervals,
            stored: self.locked.step_ids().map_err(|error| refusal(&error))?,
        })
    }

    /// Returns the folder on the volume for the note of the end of all input. A later pod reads it.
    pub(super) fn notes(&self) -> RunDir {
        let name = format!(".waxrun-ended-{}", self.spec.ordinal);
        RunDir::new(self.spec.folder.join(name))
    }
}
