//! Random words from the kernel.

use std::{
    fs::File,
    io::{self, Read},
};

/// Returns a random word of 24 hex digits.
pub(crate) fn word() -> io::Result<String> {
    let mut bytes = [0; 12];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
