//! Tests that our own table in every partition and open readers do not disturb the engine.

use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use wax_tests::engine::{Bed, Input, Shape};

#[test]
fn our_table_and_readers_do_not_disturb_engine() {
    let shape = Shape {
        workers: 2,
        processes: 1,
        partitions: 2,
    };
    let mut bed = Bed::new(shape, Duration::from_millis(50), 0).unwrap();
    bed.begin().unwrap();
    let passports = |bed: &Bed| bed.facts().unwrap().into_iter().map(|facts| facts.passport);
    let before: Vec<_> = passports(&bed).collect();
    let input = Input::endless(4, 0.005);
    let mut gang = bed.start(&input).unwrap();
    bed.reaches(&mut gang, 5).unwrap();
    // While a reader has an open transaction, the engine cannot complete a checkpoint of its write-ahead log.
    let reader = Connection::open_with_flags(bed.partition(0), OpenFlags::SQLITE_OPEN_READ_ONLY);
    let reader = reader.unwrap();
    let count = |reader: &Connection| -> u64 {
        let count = "SELECT max(snap_epoch) FROM snaps";
        reader.query_row(count, (), |row| row.get(0)).unwrap()
    };
    reader.execute_batch("BEGIN").unwrap();
    let seen = count(&reader);
    bed.reaches(&mut gang, 40).unwrap();
    assert_eq!(count(&reader), seen, "the reader keeps its view");
    gang.kill(0).unwrap();
    drop(reader);
    let last = bed.continuity().unwrap().highest.values().max().unwrap() + 10;
    let rest = Input {
        last: Some(last),
        ..input
    };
    assert!(bed.start(&rest).unwrap().wait().unwrap());
    assert_eq!(passports(&bed).collect::<Vec<_>>(), before);
    bed.continuity().unwrap().exact().unwrap();
}
