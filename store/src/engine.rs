//! Creates the engine's tables, and recognises the format of a partition.
//!
//! The tables are those of Bytewax 0.20 and 0.21.

use rusqlite::{Connection, OptionalExtension as _};

/// The schema version of the engine (`user_version`), which is the number of its migrations.
pub const SCHEMA_VERSION: u32 = 5;

/// The engine's tables in the order in which it creates them.
///
/// The text is the engine's own, blanks included, so that a partition of ours has the same schema
/// byte for byte. The text also identifies the format, because older formats have the same version.
const TABLES: [(&str, &str); 5] = [
    (
        "parts",
        "CREATE TABLE parts (
                 created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
                 part_index INTEGER PRIMARY KEY NOT NULL CHECK (part_index >= 0),
                 part_count INTEGER NOT NULL CHECK (part_count > 0),
                 CHECK (part_index < part_count)
                 ) STRICT",
    ),
    (
        "exs",
        "CREATE TABLE exs (
                 created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
                 ex_num INTEGER NOT NULL PRIMARY KEY,
                 worker_count INTEGER NOT NULL CHECK (worker_count > 0),
                 resume_epoch INTEGER NOT NULL
                 ) STRICT",
    ),
    (
        "fronts",
        "CREATE TABLE fronts (
                 created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
                 ex_num INTEGER NOT NULL,
                 worker_index INTEGER NOT NULL CHECK (worker_index >= 0),
                 worker_frontier INTEGER NOT NULL,
                 PRIMARY KEY (ex_num, worker_index)
                 ) STRICT",
    ),
    (
        "commits",
        "CREATE TABLE commits (
                 created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
                 part_index INTEGER PRIMARY KEY NOT NULL,
                 commit_epoch INTEGER NOT NULL
                 ) STRICT",
    ),
    (
        "snaps",
        "CREATE TABLE snaps (
                 created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
                 step_id TEXT NOT NULL,
                 state_key TEXT NOT NULL,
                 snap_epoch INTEGER NOT NULL,
                 ser_change BLOB,
                 PRIMARY KEY (step_id, state_key, snap_epoch)
                 ) STRICT",
    ),
];

/// The format of a file, from the engine's point of view.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// The format that this platform supports.
    Known,
    /// A partition of another engine version.
    Other {
        /// The schema version of the file.
        version: u32,
    },
    /// An SQLite file that is not a partition.
    NoPartition,
}

/// Creates the engine's tables and the identity row of an empty partition.
pub(crate) fn create(connection: &Connection, index: u32, count: u32) -> rusqlite::Result<()> {
    for (_, sql) in TABLES {
        connection.execute_batch(sql)?;
    }
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    connection.execute(
        "INSERT INTO parts (part_index, part_count) VALUES (?1, ?2)",
        (index, count),
    )?;
    Ok(())
}

/// Returns the format of a file.
pub(crate) fn format(connection: &Connection) -> rusqlite::Result<Format> {
    let version: u32 = connection.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    let mut same = version == SCHEMA_VERSION;
    for (table, expected) in TABLES {
        let found: Option<String> = connection
            .query_row(
                "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1",
                [table],
                |row| row.get(0),
            )
            .optional()?;
        match found {
            None if table == "parts" => return Ok(Format::NoPartition),
            Some(found) if found.split_whitespace().eq(expected.split_whitespace()) => {}
            _ => same = false,
        }
    }
    Ok(if same {
        Format::Known
    } else {
        Format::Other { version }
    })
}
