//! What both sides have in common: a line of JSON each way, and how long it may take.

use std::{io, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// The most bytes of a line.
pub const LONGEST: u64 = 1 << 20;
/// How long the host holds an answer back that says nothing new.
pub const HELD_BACK: Duration = Duration::from_secs(1);
/// How long one question may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// Reads a line, of which only so much is taken as one may have.
pub(super) async fn read_line<T: DeserializeOwned>(from: impl AsyncRead + Unpin) -> io::Result<T> {
    let mut line = Vec::new();
    BufReader::new(from.take(LONGEST))
        .read_until(b'\n', &mut line)
        .await?;
    serde_json::from_slice(&line).map_err(io::Error::from)
}

/// Writes a line.
pub(super) async fn write_line(
    to: &mut (impl AsyncWrite + Unpin),
    value: &impl Serialize,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    to.write_all(&line).await
}

/// A runtime for one thread.
pub(super) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}
