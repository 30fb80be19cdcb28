//! Creates stores on temporary volumes, for tests.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, types::Value};
use tempfile::TempDir;

use crate::{
    disk::Disk,
    identity::{ClaimUid, StoreId, Timeline},
    partition::{Branch, Partition, Passport, companion},
    spec::{Intervals, Placement, StoreSpec},
    volume::Volume,
};

/// The folders of volumes, named by their ordinals.
pub(crate) struct Volumes {
    root: TempDir,
}

pub(crate) fn store() -> StoreId {
    "6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap()
}

pub(crate) fn timeline(number: u32) -> Timeline {
    format!("{number}-0a1b2c3d").parse().unwrap()
}

pub(crate) fn claim(ordinal: u32) -> ClaimUid {
    format!("claim-{ordinal}").parse().unwrap()
}

pub(crate) fn placement(ordinals: &[u32]) -> Placement {
    Placement::new(ordinals.to_vec()).unwrap()
}

pub(crate) fn passport(change_number: u64) -> Passport {
    Passport {
        store: store(),
        timeline: timeline(1),
        branch: None::<Branch>,
        change_number,
        last_start: None,
        highest_commit: None,
    }
}

/// Creates a folder in memory where possible. Syncs to a disk are most of what a store change costs,
/// and these tests see only what was written.
fn in_memory() -> TempDir {
    TempDir::new_in("/dev/shm")
        .or_else(|_| TempDir::new())
        .unwrap()
}

impl Volumes {
    /// Creates empty volumes, like those of new PVCs.
    pub(crate) fn empty(count: u32) -> Self {
        let root = in_memory();
        for ordinal in 0..count {
            fs::create_dir_all(root.path().join(ordinal.to_string()).join("lost+found")).unwrap();
        }
        Self { root }
    }

    /// Creates volumes with the partitions of store change 1.
    pub(crate) fn with_store(count: u32, ordinals: &[u32]) -> Self {
        let volumes = Self::empty(count);
        for (index, ordinal) in placement(ordinals).iter() {
            let volume = volumes.volume(ordinal);
            let parts = u32::try_from(ordinals.len()).unwrap();
            drop(Partition::create(&volume.partition(index), index, parts, &passport(1)).unwrap());
            volumes.write_header(ordinal, 1, 0);
        }
        volumes
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn volume(&self, ordinal: u32) -> Volume {
        Volume {
            ordinal,
            claim: claim(ordinal),
            folder: self.root.path().join(ordinal.to_string()),
        }
    }

    pub(crate) fn file(&self, ordinal: u32, name: &str) -> PathBuf {
        self.volume(ordinal).folder.join(name)
    }

    pub(crate) fn sql(&self, ordinal: u32, index: u32, sql: &str) {
        let path = self.volume(ordinal).partition(index);
        Connection::open(path).unwrap().execute_batch(sql).unwrap();
    }

    /// Copies the volumes as a SIGKILL would leave them now; no lock is held on the copy.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self { root: in_memory() };
        for folder in fs::read_dir(self.root()).unwrap() {
            let folder = folder.unwrap();
            let target = copy.root().join(folder.file_name());
            fs::create_dir(&target).unwrap();
            for file in fs::read_dir(folder.path()).unwrap() {
                let file = file.unwrap();
                if file.file_type().unwrap().is_file() {
                    fs::copy(file.path(), target.join(file.file_name())).unwrap();
                }
            }
        }
        copy
    }

    /// Writes rows as the engine does, and leaves the `-wal` that a SIGKILL leaves.
    pub(crate) fn run_and_kill(&self, ordinal: u32, index: u32) {
        let path = self.volume(ordinal).partition(index);
        let engine = Connection::open(&path).unwrap();
        let from: u64 = engine
            .query_row("SELECT count(*) FROM snaps", (), |row| row.get(0))
            .unwrap();
        engine
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 3; BEGIN;")
            .unwrap();
        for epoch in from..from + 5 {
            engine
                .execute(
                    "INSERT INTO snaps (created_at, step_id, state_key, snap_epoch, ser_change)
                     VALUES ('then', 'flow.step', ?1, ?2, zeroblob(3000))",
                    (format!("key-{index}-{epoch}"), epoch),
                )
                .unwrap();
        }
        engine.execute_batch("COMMIT;").unwrap();
        let ends = ["", "-wal"];
        let left = ends.map(|end| fs::read(companion(&path, end)).unwrap());
        drop(engine);
        for (end, bytes) in ends.iter().zip(left) {
            fs::write(companion(&path, end), bytes).unwrap();
        }
    }

    /// Returns all rows of the engine, each with its partition.
    pub(crate) fn rows(&self, ordinals: &[u32]) -> BTreeSet<String> {
        let mut rows = BTreeSet::new();
        let copy = self.copy();
        for (index, ordinal) in placement(ordinals).iter() {
            let connection = Connection::open(copy.volume(ordinal).partition(index)).unwrap();
            for table in ["parts", "exs", "fronts", "commits", "snaps"] {
                let mut all = connection
                    .prepare(&format!("SELECT * FROM {table}"))
                    .unwrap();
                let columns = all.column_count();
                let mut found = all.query(()).unwrap();
                while let Some(row) = found.next().unwrap() {
                    let values: Vec<_> = (0..columns)
                        .map(|at| row.get::<_, Value>(at).unwrap())
                        .collect();
                    // The time at which a partition was created is not state.
                    let values = if table == "parts" {
                        &values[1..]
                    } else {
                        &values
                    };
                    rows.insert(format!("{index} {table} {values:?}"));
                }
            }
        }
        rows
    }

    pub(crate) fn write_header(&self, ordinal: u32, change_number: u64, start: u64) {
        let volume = self.volume(ordinal);
        volume
            .write_header(&mut Disk::new(), &store(), change_number, start)
            .unwrap();
    }

    /// Returns the spec of process `ordinal`, for store change 1 and start 1.
    pub(crate) fn gang(&self, ordinal: u32, processes: u32, ordinals: &[u32]) -> StoreSpec {
        StoreSpec {
            folder: self.volume(ordinal).folder,
            store: store(),
            timeline: timeline(1),
            change_number: 1,
            start: 1,
            ordinal,
            processes,
            placement: placement(ordinals),
            claims: (0..processes).map(claim).collect(),
            shared: false,
            intervals: Intervals::new(1, 0).unwrap(),
        }
    }
}
