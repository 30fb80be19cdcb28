use std::{collections::BTreeSet, fs, io, path::Path};

use rstest::rstest;

use crate::{
    disk::Operation,
    fault::FaultKind,
    fixture::{self, claim, placement, store, timeline},
    locked_volume::LockedVolume,
    partition::{Partition, companion},
};

use super::*;

mod initialise;
mod relocate;
mod replace;
mod rewrite;

/// The volumes as a SIGKILL before one operation would leave them.
struct CrashPoint {
    volumes: fixture::Volumes,
    next: Operation,
}

/// Runs a store change and returns a crash point before each of its operations.
fn crash_points(volumes: &fixture::Volumes, spec: &ChangeSpec) -> Vec<CrashPoint> {
    let mut points = Vec::new();
    let mut watch = |operation: &Operation| -> io::Result<()> {
        points.push(CrashPoint {
            volumes: volumes.copy(),
            next: operation.clone(),
        });
        Ok(())
    };
    assert_eq!(
        run_on(&mut Disk::watched(&mut watch), spec).unwrap(),
        Done::Changed
    );
    points
}

/// Returns the spec with its volumes under another root.
fn at(volumes: &fixture::Volumes, spec: &ChangeSpec) -> ChangeSpec {
    ChangeSpec {
        root: volumes.root().to_owned(),
        ..spec.clone()
    }
}

fn change_spec(
    volumes: &fixture::Volumes,
    mounted: impl IntoIterator<Item = u32>,
    after: &[u32],
    change: Change,
) -> ChangeSpec {
    ChangeSpec {
        root: volumes.root().to_owned(),
        volumes: mounted.into_iter().collect(),
        claims: (0..4).map(|ordinal| Some(claim(ordinal))).collect(),
        store: store(),
        change_number: 2,
        start: 1,
        timeline: timeline(1),
        placement: placement(after),
        change,
    }
}

/// Whether a gang with this placement and timeline could start on the volumes.
fn holds(volumes: &fixture::Volumes, processes: u32, places: &[u32], number: u32) -> bool {
    (0..processes).all(|ordinal| {
        let mut spec = volumes.gang(ordinal, processes, places);
        (spec.change_number, spec.timeline) = (2, timeline(number));
        LockedVolume::enter(spec).is_ok()
    })
}

/// Asserts that content is synced before its file is renamed, and the folder directly after.
fn assert_durable_in_order(points: &[CrashPoint]) {
    assert_durable_except(points, &[]);
}

/// Asserts the same, except that the damaged files may be renamed without a sync.
fn assert_durable_except(points: &[CrashPoint], damaged: &[&str]) {
    let operations: Vec<_> = points.iter().map(|point| &point.next).collect();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    for (at, operation) in operations.iter().enumerate() {
        let Operation::Rename(from, _) = operation else {
            continue;
        };
        let synced = operations[..at].iter().any(|earlier| match earlier {
            Operation::SyncFile(path) => name(path) == name(from),
            _ => false,
        });
        assert!(
            synced || damaged.contains(&name(from).as_str()),
            "{operation:?} comes before the content is synced"
        );
        assert!(
            matches!(operations.get(at + 1), Some(Operation::SyncFolder(_))),
            "{operation:?} is not followed by a sync of the folder"
        );
    }
}
