//! Tests engines of one gang that start one after the other.

use std::time::Duration;

use rusqlite::Connection;
use wax_tests::continuity::Continuity;
use wax_tests::engine::{Bed, Gang, Input, Shape};

use crate::torn::add_execution;

const EPOCH: Duration = Duration::from_millis(50);
const SHAPE: Shape = Shape {
    workers: 1,
    processes: 2,
    partitions: 3,
};

#[test]
fn store_is_opened_after_all_engines_have_joined() {
    let mut bed = Bed::new(SHAPE, EPOCH, 600).unwrap();
    bed.begin().unwrap();
    let input = Input::endless(4, 0.01);
    let mut gang = bed.start(&input).unwrap();
    bed.reaches(&mut gang, 12).unwrap();
    gang.kill(0).unwrap();

    let mut gang = Gang::gathering(&bed).unwrap();
    gang.join(&bed, &input, 0).unwrap();
    gang.wants_peers(0).unwrap();
    let open = gang.open_files(0).unwrap();
    assert!(
        !open.iter().any(|file| file.contains(".sqlite3")),
        "{open:?}"
    );
    // If the waiting engine had read the store, its data would be wrong from here on.
    for index in 0..SHAPE.partitions {
        let connection = Connection::open(bed.partition(index)).unwrap();
        connection
            .execute("DELETE FROM snaps WHERE snap_epoch >= 6", ())
            .unwrap();
        connection.execute("DELETE FROM fronts", ()).unwrap();
        if index == 0 {
            add_execution(&bed.partition(index), 50, 6);
        }
    }
    gang.join(&bed, &input, 1).unwrap();
    bed.reaches(&mut gang, 12).unwrap();
    gang.kill(0).unwrap();
    assert_eq!(bed.resume().unwrap().execution, 52);
    let seen = Continuity::read_restored(&bed.records(), &[6]).unwrap();
    seen.exact().unwrap();
}
