use std::{fs, path::PathBuf};

use rstest::rstest;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::*;
use crate::fixture::Volumes;
use crate::spec::Intervals;

fn passport() -> Passport {
    Passport {
        store: "6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap(),
        timeline: "1-0a1b2c3d".parse().unwrap(),
        branch: None,
        change_number: 1,
        last_start: None,
        highest_commit: None,
    }
}

fn beginning(execution: u64, resume_epoch: u64) -> Beginning {
    Beginning {
        start: 4,
        round: "r".into(),
        execution,
        resume_epoch,
        intervals: Intervals::new(1, 10).unwrap(),
    }
}

/// Returns a partition as the engine leaves it, with rows written through a write-ahead log.
fn used(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("part-0.sqlite3");
    let partition = Partition::create(&path, 0, 2, &passport()).unwrap();
    let mode: String = partition
        .connection
        .query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    partition
        .connection
        .execute_batch(
            "INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (0, 2, 1), (1, 2, 5);
             INSERT INTO fronts (ex_num, worker_index, worker_frontier) VALUES
               (0, 0, 5), (0, 1, 5), (1, 0, 9), (2, 1, 30);
             INSERT INTO commits (part_index, commit_epoch) VALUES (0, 3);
             INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change) VALUES
               ('f.a', 'k', 3, x'01'), ('f.a', 'k', 8, NULL), ('f.b', 'k', 9, x'02'),
               ('f.b', 'l', 10, x'03');",
        )
        .unwrap();
    path
}

/// Keeps the `-wal` as a SIGKILL does. Closing the last connection would checkpoint it.
fn killed(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("part-0.sqlite3");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA wal_autocheckpoint = 0;
             INSERT INTO snaps (step_id, state_key, snap_epoch) VALUES ('f.c', 'k', 9);",
        )
        .unwrap();
    let wal = companion(&path, "-wal");
    let (main, log) = (fs::read(&path).unwrap(), fs::read(&wal).unwrap());
    drop(connection);
    fs::write(&path, main).unwrap();
    fs::write(&wal, log).unwrap();
    path
}

#[test]
fn facts_contain_engine_rows_and_passport() {
    let folder = TempDir::new().unwrap();
    let partition = Partition::open(&used(&folder)).unwrap();
    let facts = partition.facts().unwrap();
    assert_eq!((facts.index, facts.count), (0, 2));
    assert_eq!(facts.passport, passport());
    assert_eq!(facts.executions[1].resume_epoch, 5);
    assert_eq!(facts.fronts.len(), 4);
    assert_eq!(facts.commit, Some(3));
    assert_eq!(partition.step_ids().unwrap(), ["f.a", "f.b"]);
    let counts = partition.row_counts().unwrap();
    assert_eq!(
        counts,
        RowCounts {
            exs: 2,
            fronts: 4,
            commits: 1,
            snaps: 4
        }
    );
}

#[test]
fn size_of_facts_is_bounded() {
    let folder = TempDir::new().unwrap();
    let partition = Partition::open(&used(&folder)).unwrap();
    partition.connection.execute_batch("BEGIN").unwrap();
    for execution in 3..2000_u64 {
        partition
            .connection
            .execute(
                "INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (?1, 1, 1)",
                [execution],
            )
            .unwrap();
        partition
            .connection
            .execute(
                "INSERT INTO fronts (ex_num, worker_index, worker_frontier) VALUES (?1, 0, 2)",
                [execution],
            )
            .unwrap();
    }
    partition.connection.execute_batch("COMMIT").unwrap();
    let facts = partition.facts().unwrap();
    let numbers: Vec<_> = facts.executions.iter().map(|ex| ex.number).collect();
    assert_eq!(numbers, [1996, 1997, 1998, 1999]);
    assert_eq!(facts.fronts.len(), 4);
    assert!(serde_json::to_string(&facts).unwrap().len() < 1000);
}

#[test]
fn facts_round_trip_through_json() {
    let folder = TempDir::new().unwrap();
    let mut partition = Partition::open(&used(&folder)).unwrap();
    partition.begin(&beginning(2, 9)).unwrap();
    let facts = partition.facts().unwrap();
    let text = serde_json::to_string(&facts).unwrap();
    assert_eq!(
        serde_json::from_str::<PartitionFacts>(&text).unwrap(),
        facts
    );
}

#[test]
fn begin_trims_rows_and_writes_the_start() {
    let folder = TempDir::new().unwrap();
    let path = used(&folder);
    let trimmed = Partition::open(&path).unwrap().begin(&beginning(2, 9));
    assert_eq!(
        trimmed.unwrap(),
        Trimmed {
            snaps: 2,
            fronts: 1
        }
    );
    let partition = Partition::open(&path).unwrap();
    let facts = partition.facts().unwrap();
    assert_eq!(facts.passport.last_start, Some(beginning(2, 9)));
    assert_eq!(facts.passport.highest_commit, Some(3));
    assert_eq!(partition.row_counts().unwrap().snaps, 2);
    let again = Partition::open(&path).unwrap().begin(&beginning(2, 9));
    assert_eq!(again.unwrap(), Trimmed::default());
}

#[test]
fn highest_commit_does_not_decrease() {
    let folder = TempDir::new().unwrap();
    let path = used(&folder);
    let mut partition = Partition::open(&path).unwrap();
    partition.begin(&beginning(2, 9)).unwrap();
    partition
        .connection
        .execute("UPDATE commits SET commit_epoch = 1", ())
        .unwrap();
    partition.begin(&beginning(3, 9)).unwrap();
    assert_eq!(partition.facts().unwrap().highest_commit(), Some(3));
}

#[test]
fn rows_in_wal_of_killed_engine_are_read() {
    let folder = TempDir::new().unwrap();
    used(&folder);
    let path = killed(&folder);
    assert!(companion(&path, "-wal").exists());
    let partition = Partition::open(&path).unwrap();
    assert_eq!(partition.step_ids().unwrap(), ["f.a", "f.b", "f.c"]);
    partition.checkpoint().unwrap();
    drop(partition);
    for suffix in COMPANIONS {
        assert!(!companion(&path, suffix).exists(), "{suffix}");
    }
}

#[rstest]
#[case::newer_file(2, 1)]
#[case::older_file(1, 2)]
fn main_file_replaced_under_its_wal_is_refused(#[case] in_file: u64, #[case] in_wal: u64) {
    let folder = TempDir::new().unwrap();
    let path = used(&folder);
    let issued_by = |change_number| Passport {
        change_number,
        ..passport()
    };
    let other = TempDir::new().unwrap();
    let replacement = other.path().join("part-0.sqlite3");
    drop(Partition::create(&replacement, 0, 2, &issued_by(in_file)).unwrap());
    table::write(&Connection::open(&path).unwrap(), &issued_by(in_wal)).unwrap();
    // The -wal contains the whole old file, as after a kill before the first checkpoint.
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA wal_autocheckpoint = 0; VACUUM; UPDATE parts SET part_count = 2;")
        .unwrap();
    let log = fs::read(companion(&path, "-wal")).unwrap();
    drop(connection);
    fs::copy(&replacement, &path).unwrap();
    fs::write(companion(&path, "-wal"), log).unwrap();
    // SQLite reports no error, and returns the content of the old file.
    let shown = Partition::connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    assert_eq!(shown.passport().unwrap().change_number, in_wal);
    assert!(matches!(
        Partition::open(&path),
        Err(PartitionError::ForeignWal)
    ));
}

#[test]
fn partition_of_a_running_engine_can_be_read() {
    let folder = TempDir::new().unwrap();
    let path = used(&folder);
    let engine = Connection::open(&path).unwrap();
    engine.execute_batch("BEGIN IMMEDIATE").unwrap();
    let facts = Partition::open_read_only(&path).unwrap().facts().unwrap();
    assert_eq!(facts.commit, Some(3));
}

#[test]
fn each_unusable_format_has_its_own_error() {
    let folder = TempDir::new().unwrap();
    let path = used(&folder);
    let spoil = |sql: &str| {
        let spoilt = folder.path().join("spoilt.sqlite3");
        fs::copy(&path, &spoilt).unwrap();
        Connection::open(&spoilt)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        Partition::open(&spoilt).map(drop).unwrap_err()
    };
    let other = spoil("PRAGMA user_version = 4");
    assert!(matches!(other, PartitionError::OtherEngine { version: 4 }));
    // Engines before 0.20 use the same schema version, but stored state as JSON text.
    let json = spoil("DROP TABLE snaps; CREATE TABLE snaps (ser_change TEXT) STRICT");
    assert!(matches!(json, PartitionError::OtherEngine { version: 5 }));
    let none = spoil("DROP TABLE parts");
    assert!(matches!(none, PartitionError::NoPartition));
    let two = spoil("INSERT INTO parts (part_index, part_count) VALUES (1, 2)");
    assert!(matches!(two, PartitionError::NoPartition));
    let stock = spoil("DROP TABLE waxrun");
    assert!(matches!(stock, PartitionError::NoPassport));
    let newer = spoil("ALTER TABLE waxrun ADD COLUMN more TEXT; UPDATE waxrun SET format = 2");
    assert!(matches!(newer, PartitionError::NewerFormat { found: 2 }));
    let bad = spoil("UPDATE waxrun SET timeline = 'x'");
    assert!(matches!(bad, PartitionError::BadPassport));
    let half = spoil("UPDATE waxrun SET start = 1");
    assert!(matches!(half, PartitionError::BadPassport));
}

#[test]
fn file_that_is_not_a_database_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("part-0.sqlite3");
    fs::write(&path, "x".repeat(5000)).unwrap();
    assert!(matches!(
        Partition::open(&path),
        Err(PartitionError::Unreadable(_))
    ));
    fs::write(&path, "").unwrap();
    assert!(matches!(
        Partition::open(&path),
        Err(PartitionError::NoPartition)
    ));
}

#[test]
fn copy_of_live_partition_is_complete_file() {
    let volumes = Volumes::with_store(1, &[0]);
    volumes.run_and_kill(0, 0);
    let live = volumes.volume(0).partition(0);
    assert!(companion(&live, "-wal").metadata().unwrap().len() > 0);
    let path = volumes.root().join("copy");
    let partition = Partition::open_read_only(&live).unwrap();
    partition.copy_to(&path, || ()).unwrap();
    let names = std::fs::read_dir(volumes.root()).unwrap();
    let beside = names.filter(|name| {
        let name = name.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with("copy")
    });
    assert_eq!(beside.count(), 1);
    let size = path.metadata().unwrap().len();
    assert_eq!(partition.copy_size().unwrap(), size);
    let copy = Partition::open(&path).unwrap();
    assert_eq!(copy.facts().unwrap(), partition.facts().unwrap());
    assert_eq!(copy.row_counts().unwrap().snaps, 5);
    assert_eq!(copy.tally().unwrap(), partition.tally().unwrap());
}

#[test]
fn copy_in_parts_ignores_writes_of_the_engine() {
    let volumes = Volumes::with_store(1, &[0]);
    volumes.run_and_kill(0, 0);
    let live = volumes.volume(0).partition(0);
    let engine = Connection::open(&live).unwrap();
    let write = |number: usize| {
        engine
            .execute(
                "INSERT INTO snaps (created_at, step_id, state_key, snap_epoch, ser_change)
                 VALUES ('then', 'flow.step', ?1, 99, zeroblob(9000))",
                [format!("late-{number}")],
            )
            .unwrap()
    };
    let partition = Partition::open_read_only(&live).unwrap();
    let pages = partition.copy_size().unwrap() / 4096;
    let path = volumes.root().join("copy");
    let mut parts = 0;
    partition
        .copy_in_parts(&path, 1, || {
            write(parts);
            parts += 1;
            assert!(parts < 100, "{pages} pages never end");
        })
        .unwrap();
    assert!(parts > 1);
    assert_eq!(path.metadata().unwrap().len() / 4096, pages);
    let copy = Partition::open(&path).unwrap();
    assert_eq!(copy.row_counts().unwrap().snaps, 5);
}

#[test]
fn full_disk_is_distinguished_from_other_failures() {
    let folder = TempDir::new().unwrap();
    let path = used(&folder);
    let mut partition = Partition::open(&path).unwrap();
    let limit = partition
        .connection
        .execute_batch("PRAGMA max_page_count = 1");
    limit.unwrap();
    let fill = "INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change)
                VALUES ('f.a', 'k', 99, zeroblob(100000))";
    let full = partition.connection.execute(fill, ()).unwrap_err();
    assert!(PartitionError::from(full).is_full());
    let other = partition.connection.execute("INSERT INTO nothing", ());
    assert!(!PartitionError::from(other.unwrap_err()).is_full());
    // The failed statements have changed nothing.
    partition.begin(&beginning(2, 9)).unwrap();
}
