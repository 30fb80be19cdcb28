//! How much room a recovery volume has, and what a failure was when it had none.

use std::{fmt, path::Path};

use nix::sys::statvfs::statvfs;

use crate::{
    report::{FailureKind, TerminationReport},
    telling::full,
};

/// What an engine needs at least, in bytes: a write-ahead log grows to this before it is folded.
const LOG: u64 = 4 * 1024 * 1024;

/// What SQLite says, whoever wrote.
const FULL: &str = "database or disk is full";

/// The room of a file system, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Room {
    free: u64,
    size: u64,
}

impl Room {
    /// Looks at the file system of a folder; nothing where that can't be told.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let found = statvfs(folder).ok()?;
        Some(Self {
            free: found.blocks_available() * found.fragment_size(),
            size: found.blocks() * found.fragment_size(),
        })
    }

    /// What an engine needs; a volume may be made small on purpose.
    fn least(self) -> u64 {
        LOG.min(self.size / 8)
    }

    fn is_short(self) -> bool {
        self.free < self.least()
    }

    /// Refuses to start an engine that would soon end again, with the same input processed once more
    /// each time.
    pub(super) fn suffices(self, volume: &str) -> Result<(), TerminationReport> {
        if self.is_short() {
            let least = self.least();
            Err(full(format!(
                "{volume} is full: {self}, and an engine needs {least}"
            )))
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { free, size } = self;
        write!(f, "{free} of {size} bytes are left")
    }
}

/// Judges a failure by the room there was on `volume` before it and after it.
///
/// Of several engines none says why it ended: those that lost a peer and the one whose disk is full say
/// the same. What the engine held of the volume it may have given back when it ended.
pub(super) fn cause(
    report: TerminationReport,
    volume: &str,
    seen: [Option<Room>; 2],
) -> TerminationReport {
    let said = report.exception.as_deref().unwrap_or_default();
    let of_the_engine = matches!(
        report.kind,
        FailureKind::EngineError | FailureKind::PeerLost
    );
    let least = seen.into_iter().flatten().min_by_key(|room| room.free);
    let short = least.filter(|room| room.is_short());
    match (short, said.contains(FULL)) {
        _ if !of_the_engine => report,
        (None, false) => report,
        (Some(room), false) => full(format!("the engine ended while {volume} was full: {room}")),
        (room, true) => {
            let room = room.map_or_else(String::new, |room| format!(" ({room})"));
            full(format!("{volume} is full{room}: {FULL}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOLUME: &str = "recovery volume 1";

    fn judged(kind: FailureKind, said: &str, free: [Option<u64>; 2]) -> String {
        let size = 16 << 20;
        let seen = free.map(|free| free.map(|free| Room { free, size }));
        let report = cause(TerminationReport::new(kind, said, 1), VOLUME, seen);
        format!("{}: {}", report.kind, report.sentence())
    }

    #[test]
    fn a_full_volume_is_the_cause_of_an_engines_end() {
        use FailureKind::{EngineError, PeerLost, UserError};
        let sqlite = "SqliteFailure(.., Some(\"database or disk is full\"))";
        let plenty = Some(8 << 20);
        let judged = [
            judged(EngineError, sqlite, [None, plenty]),
            judged(EngineError, sqlite, [None, Some(0)]),
            judged(PeerLost, "a peer ended", [Some(4096), plenty]),
            judged(EngineError, "SIGBUS", [plenty, Some(4096)]),
            judged(PeerLost, "a peer ended", [plenty, plenty]),
            judged(PeerLost, "a peer ended", [None, None]),
            judged(UserError, sqlite, [Some(0), Some(0)]),
        ];
        insta::assert_snapshot!(judged.join("\n"), @"
        DiskFull: recovery volume 1 is full: database or disk is full
        DiskFull: recovery volume 1 is full (0 of 16777216 bytes are left): database or disk is full
        DiskFull: the engine ended while recovery volume 1 was full: 4096 of 16777216 bytes are left
        DiskFull: the engine ended while recovery volume 1 was full: 4096 of 16777216 bytes are left
        PeerLost: a peer ended
        PeerLost: a peer ended
        UserError: SqliteFailure(.., Some(\"database or disk is full\"))
        ");
    }

    #[test]
    fn no_engine_is_started_on_a_full_volume() {
        let judged = |free, size| {
            Room { free, size }
                .suffices(VOLUME)
                .map_err(|it| it.sentence())
        };
        assert_eq!(judged(4 << 20, 1 << 30), Ok(()));
        assert_eq!(judged(2 << 20, 16 << 20), Ok(()));
        assert_eq!(
            judged(4096, 16 << 20).unwrap_err(),
            "recovery volume 1 is full: 4096 of 16777216 bytes are left, and an engine needs 2097152"
        );
    }

    #[test]
    fn the_room_of_a_folder_is_told() {
        let room = Room::of(Path::new("/")).unwrap();
        assert!(room.size > 0 && room.free <= room.size, "{room}");
        assert_eq!(Room::of(Path::new("/no/such/folder")), None);
    }
}
