//! Creates a store after a crash in the middle of closing an epoch: the frontier of one worker is durable, that of the
//! other is not.
//!
//! A few of a hundred kills have this result by themselves. Here it is forced: only the partition of one worker's
//! frontier is locked, until the frontier of the other worker has advanced.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use store::route;
use wax_tests::engine::{Bed, Input, Shape, until};

const EPOCH: Duration = Duration::from_millis(50);
/// So many epochs are kept that the engine collects nothing meanwhile.
const KEPT: u32 = 600;
/// The only key. Its position and its state are in two different partitions, and there is a third one without either.
const KEY: &str = "key-0";
const SOURCE: &str = "continuity.items";
const STEP: &str = "continuity.check.stateful_flat_map.stateful.stateful_batch";
const SHAPE: Shape = Shape {
    workers: 1,
    processes: 2,
    partitions: 3,
};
/// Number of the interrupted execution, which determines the partitions of the frontiers.
const EXECUTION: u64 = 2;
/// Partition with the frontier of the second worker and the position of the source.
pub(crate) const AHEAD: u32 = 1;
/// Partition with the frontier of the first worker, and without state.
const BEHIND: u32 = 0;

/// A recovery store after a crash in the middle of closing an epoch.
pub(crate) struct Torn {
    pub(crate) bed: Bed,
    pub(crate) input: Input,
    /// The epoch from which the next execution resumes. Only one frontier has recorded its end.
    pub(crate) epoch: u64,
}

impl Torn {
    /// Runs engines until their frontiers are one epoch apart, and kills them. `before` is called right before the kill.
    pub(crate) fn new(before: impl FnOnce(&Bed)) -> Self {
        assert_eq!(route::partition_of_front(EXECUTION, 1, 3), AHEAD);
        assert_eq!(route::partition_of_state(SOURCE, KEY, 3), AHEAD);
        assert_eq!(route::partition_of_front(EXECUTION, 0, 3), BEHIND);
        assert_eq!(route::partition_of_state(STEP, KEY, 3), 2);
        let mut bed = Bed::new(SHAPE, EPOCH, KEPT).unwrap();
        add_execution(&bed.partition(0), EXECUTION - 1, 1);
        bed.begin().unwrap();
        let input = Input::endless(1, 0.01);
        let mut gang = bed.start(&input).unwrap();
        bed.reaches(&mut gang, 5).unwrap();
        let lock = lock(bed.partition(BEHIND));
        let epoch = until("frontiers an epoch apart", || {
            gang.alive()?;
            let [behind, ahead] = [0, 1].map(|worker| front(&bed, worker));
            Ok((ahead > behind).then_some(behind))
        })
        .unwrap();
        before(&bed);
        gang.kill(0).unwrap();
        drop(lock);
        assert_eq!(bed.resume().unwrap().epoch, epoch);
        Self { bed, input, epoch }
    }

    /// Runs the next execution for `epochs` epochs without a number, and kills it. `before` is called right
    /// before the kill.
    pub(crate) fn silent_execution(&self, epochs: u64, before: impl FnOnce(&Bed)) {
        let silent = Input::endless(self.input.keys, 1000.0);
        let mut gang = self.bed.start(&silent).unwrap();
        self.bed.reaches(&mut gang, self.epoch + epochs).unwrap();
        before(&self.bed);
        gang.kill(0).unwrap();
    }

    /// Runs the next execution with numbers, to the end of the input.
    pub(crate) fn busy_execution(&self) {
        let known = self.bed.continuity().unwrap().highest;
        let last = known.values().max().unwrap() + 10;
        let input = Input {
            last: Some(last),
            ..self.input.clone()
        };
        assert!(self.bed.start(&input).unwrap().wait().unwrap());
    }
}

/// Inserts the row of an execution that resumed at `epoch`. The next execution has a higher number, and resumes at
/// `epoch` as well.
pub(crate) fn add_execution(partition: &Path, number: u64, epoch: u64) {
    let connection = Connection::open(partition).unwrap();
    let insert = "INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (?1, 1, ?2)";
    connection.execute(insert, [number, epoch]).unwrap();
}

/// Returns the frontier of a worker in the interrupted execution.
fn front(bed: &Bed, worker: u64) -> u64 {
    let facts = bed.facts().unwrap();
    let mut fronts = facts.iter().flat_map(|facts| &facts.fronts);
    let front = fronts.find(|front| front.execution == EXECUTION && front.worker == worker);
    front.map_or(1, |front| front.epoch)
}

/// Takes the write lock of a partition. The engine waits up to 5 s for it.
fn lock(partition: PathBuf) -> Connection {
    let connection = Connection::open(partition).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

/// Copies a partition while an engine runs, as backups do.
pub(crate) fn copy(from: PathBuf, to: PathBuf) {
    let from = Connection::open(from).unwrap();
    let mut to = Connection::open(to).unwrap();
    let backup = Backup::new(&from, &mut to).unwrap();
    assert_eq!(backup.step(-1).unwrap(), StepResult::Done);
}

/// Replaces a partition by a copy. Its write-ahead log is removed, because SQLite would apply it to the copy.
pub(crate) fn put_back(partition: &Path, copy: &Path) {
    for companion in ["-wal", "-shm"] {
        let mut name = partition.as_os_str().to_owned();
        name.push(companion);
        // Either file may be absent.
        drop(std::fs::remove_file(name));
    }
    std::fs::copy(copy, partition).unwrap();
}
