//! A process's recovery volume, from the lock to the start of the engine.

use std::io::Write;

use store::{
    member::Member as Holder,
    orders::GangOrders,
    partition::{Beginning as Noted, PartitionFacts},
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
    orders: GangOrders,
    holder: Holder,
    /// The room there was when it was last looked at.
    room: Option<Room>,
}

impl Recovery {
    /// Takes the recovery volume, if there is one.
    pub(super) fn of(settings: &LaunchSettings) -> Result<Option<Self>, TerminationReport> {
        settings.recovery.as_ref().map(Self::enter).transpose()
    }

    /// Takes the volume's lock and verifies what lies there.
    fn enter(orders: &GangOrders) -> Result<Self, TerminationReport> {
        let holder = Holder::enter(orders.clone()).map_err(|error| refusal(&error))?;
        Ok(Self {
            orders: orders.clone(),
            holder,
            room: None,
        })
    }

    /// Looks how much room there is.
    pub(super) fn look(&mut self) {
        self.room = Room::of(&self.orders.folder);
    }

    /// What a failure was, by the room on the volume.
    fn cause(&self, report: TerminationReport) -> TerminationReport {
        let room = Room::of(&self.orders.folder);
        cause(report, &self.volume(), [self.room, room])
    }

    fn volume(&self) -> String {
        format!("recovery volume {}", self.orders.volume())
    }

    /// Tells what the host must know of the store.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            store: self.orders.store.clone(),
            timeline: self.orders.timeline.clone(),
            partitions: self.orders.placement.count(),
        }
    }

    /// Reads what this process's partitions say, while no engine runs on them, and sees to it that one
    /// has room to run.
    pub(super) fn stock(&self) -> Result<Stock, TerminationReport> {
        if let Some(room) = Room::of(&self.orders.folder) {
            room.suffices(&self.volume())?;
        }
        let facts = self.holder.offer();
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
            start: self.orders.start,
            round,
            execution,
            resume_epoch: epoch,
            intervals: self.orders.intervals,
        };
        let begun = self.holder.begin(&noted);
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
            folder: self.orders.folder.clone(),
            intervals: self.orders.intervals,
            stored: self.holder.step_ids().map_err(|error| refusal(&error))?,
        })
    }

    /// Where the end of all input is noted, for a pod that comes after this one.
    pub(super) fn notes(&self) -> RunDir {
        let name = format!(".waxrun-ended-{}", self.orders.ordinal);
        RunDir::new(self.orders.folder.join(name))
    }
}
