//! Compares the schema of our partitions with that of Bytewax.

use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use wax_tests::command::run;
use wax_tests::local::bytewax_python;

use super::Store;

#[test]
fn our_partition_adds_one_table_to_engine_schema() {
    let store = Store::initialised(&[0, 0], 0).unwrap();
    let theirs = tempfile::TempDir::new().unwrap();
    let mut command = Command::new(bytewax_python().unwrap());
    command
        .args(["-m", "bytewax.recovery"])
        .arg(theirs.path())
        .arg("2");
    run(&mut command, b"").unwrap().ok().unwrap();
    for index in 0..2 {
        let mut ours = schema(&store.partition(index));
        ours.retain(|line| !line.contains("waxrun"));
        let theirs = schema(&theirs.path().join(format!("part-{index}.sqlite3")));
        assert_eq!(ours, theirs);
        assert_eq!(theirs.len(), 7 + 3);
    }
}

/// Returns the tables of a partition as text, its format, and its identity.
fn schema(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let tables = "SELECT name || ': ' || ifnull(sql, '') FROM sqlite_master ORDER BY name";
    let format = "SELECT user_version || ' ' || page_size || ' ' || encoding
                  FROM pragma_user_version, pragma_page_size, pragma_encoding";
    let identity = "SELECT part_index || '/' || part_count FROM parts";
    let vacuum = "SELECT 'auto_vacuum ' || auto_vacuum FROM pragma_auto_vacuum";
    [tables, format, identity, vacuum]
        .into_iter()
        .flat_map(|sql| {
            let mut statement = connection.prepare(sql).unwrap();
            let lines = statement.query_map((), |row| row.get(0)).unwrap();
            lines.map(Result::unwrap).collect::<Vec<String>>()
        })
        .collect()
}
