//! Free space of a recovery volume, and failures that a full volume caused.

use std::{fmt, path::Path};

use nix::sys::statvfs::statvfs;

use crate::{
    report::{FailureKind, TerminationReport},
    reporting::full,
};

/// The size to which a write-ahead log grows before SQLite checkpoints it, in bytes. An engine needs at
/// least this much.
const WAL_SIZE: u64 = 4 * 1024 * 1024;

/// SQLite's message for a full disk, whichever program wrote.
const FULL: &str = "database or disk is full";

/// Free space and size of a file system, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct DiskSpace {
    free: u64,
    size: u64,
}

impl DiskSpace {
    /// Reads the free space of the file system that holds a folder; `None` if the system does not tell.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let found = statvfs(folder).ok()?;
        Some(Self {
            free: found.blocks_available() * found.fragment_size(),
            size: found.blocks() * found.fragment_size(),
        })
    }

    /// Returns the free space that an engine needs. A volume may be small on purpose, so it is never more
    /// than an eighth of the volume.
    fn required(self) -> u64 {
        WAL_SIZE.min(self.size / 8)
    }

    fn is_low(self) -> bool {
        self.free < self.required()
    }

    /// Refuses to start an engine that would fail soon. Each such start would process the same input again.
    pub(super) fn suffices(self, volume: &str) -> Result<(), TerminationReport> {
        if self.is_low() {
            let required = self.required();
            Err(full(format!(
                "{volume} is full: {self}, and an engine needs {required}"
            )))
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for DiskSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { free, size } = self;
        write!(f, "{free} of {size} bytes are free")
    }
}

/// Replaces the report of a failed engine if its volume was full, given the free space before and after
/// the failure.
///
/// Engines do not tell the difference: those that lost a peer report the same as the one whose disk is
/// full. The free space after the failure alone does not suffice, since an engine that ended may have
/// released space.
pub(super) fn with_disk_space(
    report: TerminationReport,
    volume: &str,
    measured: [Option<DiskSpace>; 2],
) -> TerminationReport {
    let exception = report.exception.as_deref().unwrap_or_default();
    let of_the_engine = matches!(
        report.kind,
        FailureKind::EngineError | FailureKind::PeerLost
    );
    let least = measured
        .into_iter()
        .flatten()
        .min_by_key(|space| space.free);
    let low = least.filter(|space| space.is_low());
    match (low, exception.contains(FULL)) {
        _ if !of_the_engine => report,
        (None, false) => report,
        (Some(space), false) => full(format!("the engine ended while {volume} was full: {space}")),
        (space, true) => {
            let space = space.map_or_else(String::new, |space| format!(" ({space})"));
            full(format!("{volume} is full{space}: {FULL}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOLUME: &str = "recovery volume 1";

    fn report(kind: FailureKind, exception: &str, free: [Option<u64>; 2]) -> String {
        let size = 16 << 20;
        let measured = free.map(|free| free.map(|free| DiskSpace { free, size }));
        let report = TerminationReport::new(kind, exception, 1);
        let report = with_disk_space(report, VOLUME, measured);
        format!("{}: {}", report.kind, report.sentence())
    }

    #[test]
    fn full_volume_replaces_the_engine_failure() {
        use FailureKind::{EngineError, PeerLost, UserError};
        let sqlite = "SqliteFailure(.., Some(\"database or disk is full\"))";
        let plenty = Some(8 << 20);
        let reports = [
            report(EngineError, sqlite, [None, plenty]),
            report(EngineError, sqlite, [None, Some(0)]),
            report(PeerLost, "a peer ended", [Some(4096), plenty]),
            report(EngineError, "SIGBUS", [plenty, Some(4096)]),
            report(PeerLost, "a peer ended", [plenty, plenty]),
            report(PeerLost, "a peer ended", [None, None]),
            report(UserError, sqlite, [Some(0), Some(0)]),
        ];
        insta::assert_snapshot!(reports.join("\n"), @"
        DiskFull: recovery volume 1 is full: database or disk is full
        DiskFull: recovery volume 1 is full (0 of 16777216 bytes are free): database or disk is full
        DiskFull: the engine ended while recovery volume 1 was full: 4096 of 16777216 bytes are free
        DiskFull: the engine ended while recovery volume 1 was full: 4096 of 16777216 bytes are free
        PeerLost: a peer ended
        PeerLost: a peer ended
        UserError: SqliteFailure(.., Some(\"database or disk is full\"))
        ");
    }

    #[test]
    fn engine_start_on_a_full_volume_is_refused() {
        let checked = |free, size| {
            DiskSpace { free, size }
                .suffices(VOLUME)
                .map_err(|report| report.sentence())
        };
        assert_eq!(checked(4 << 20, 1 << 30), Ok(()));
        assert_eq!(checked(2 << 20, 16 << 20), Ok(()));
        assert_eq!(
            checked(4096, 16 << 20).unwrap_err(),
            "recovery volume 1 is full: 4096 of 16777216 bytes are free, and an engine needs 2097152"
        );
    }

    #[test]
    fn free_space_of_a_folder_is_read() {
        let space = DiskSpace::of(Path::new("/")).unwrap();
        assert!(space.size > 0 && space.free <= space.size, "{space}");
        assert_eq!(DiskSpace::of(Path::new("/no/such/folder")), None);
    }
}
