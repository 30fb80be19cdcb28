//! A crash in the middle of closing an epoch: one worker's frontier is durable, the other's is not.
//!
//! It happens by itself in a few of a hundred kills. Here it is forced: the partition where the second
//! worker's frontier goes, and nothing else, is locked until the other frontier has moved.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use store::route;
use wax_tests::engine::{Bed, Input, Shape, until};

const EPOCH: Duration = Duration::from_millis(50);
/// Nothing is collected meanwhile.
const KEPT: u32 = 600;
/// One key, whose position and state lie in two partitions, neither of which is the third.
const KEY: &str = "key-0";
const SOURCE: &str = "continuity.items";
const STEP: &str = "continuity.check.stateful_flat_map.stateful.stateful_batch";
const SHAPE: Shape = Shape {
    workers: 1,
    processes: 2,
    partitions: 3,
};
/// The execution that is torn: its numbers choose where frontiers go.
const EXECUTION: u64 = 2;
/// Has the second worker's frontier and the position of the source.
pub(crate) const AHEAD: u32 = 1;
/// Has the first worker's frontier and no state.
const BEHIND: u32 = 0;

/// A store after such a crash.
pub(crate) struct Torn {
    pub(crate) bed: Bed,
    pub(crate) input: Input,
    /// The epoch that the next execution resumes from: its end is durable in one frontier.
    pub(crate) epoch: u64,
}

impl Torn {
    /// Runs engines until they are torn, and kills them. `before` is called right before the kill.
    pub(crate) fn new(before: impl FnOnce(&Bed)) -> Self {
        assert_eq!(route::of_front(EXECUTION, 1, 3), AHEAD);
        assert_eq!(route::of_state(SOURCE, KEY, 3), AHEAD);
        assert_eq!(route::of_front(EXECUTION, 0, 3), BEHIND);
        assert_eq!(route::of_state(STEP, KEY, 3), 2);
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

    /// Runs the next execution for `epochs` epochs in which no number comes, and kills it. `before` is
    /// called right before the kill.
    pub(crate) fn silent_execution(&self, epochs: u64, before: impl FnOnce(&Bed)) {
        let silent = Input::endless(self.input.keys, 1000.0);
        let mut gang = self.bed.start(&silent).unwrap();
        self.bed.reaches(&mut gang, self.epoch + epochs).unwrap();
        before(&self.bed);
        gang.kill(0).unwrap();
    }

    /// Runs on with numbers, to the end of the input.
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

/// Notes an execution that resumed at `epoch`: the next one has a higher number, and resumes there too.
pub(crate) fn add_execution(partition: &Path, number: u64, epoch: u64) {
    let connection = Connection::open(partition).unwrap();
    let insert = "INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (?1, 1, ?2)";
    connection.execute(insert, [number, epoch]).unwrap();
}

/// The frontier of a worker in the execution that is torn.
fn front(bed: &Bed, worker: u64) -> u64 {
    let facts = bed.facts().unwrap();
    let mut fronts = facts.iter().flat_map(|facts| &facts.fronts);
    let front = fronts.find(|front| front.execution == EXECUTION && front.worker == worker);
    front.map_or(1, |front| front.epoch)
}

/// Holds the write lock of a partition; the engine waits for it, for 5 s.
fn lock(partition: PathBuf) -> Connection {
    let connection = Connection::open(partition).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

/// Copies a partition beside a running engine, as backups do.
pub(crate) fn copy(from: PathBuf, to: PathBuf) {
    let from = Connection::open(from).unwrap();
    let mut to = Connection::open(to).unwrap();
    let backup = Backup::new(&from, &mut to).unwrap();
    assert_eq!(backup.step(-1).unwrap(), StepResult::Done);
}

/// Puts a copy in the place of a partition. A log that stayed would turn it into the partition again.
pub(crate) fn put_back(partition: &Path, copy: &Path) {
    for companion in ["-wal", "-shm"] {
        let mut name = partition.as_os_str().to_owned();
        name.push(companion);
        // Either may be absent.
        drop(std::fs::remove_file(name));
    }
    std::fs::copy(copy, partition).unwrap();
}
