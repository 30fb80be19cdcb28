//! One line of JSON in each direction, and the times that it may take.

use std::{io, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// The longest line, in bytes.
pub const MAX_LINE: u64 = 1 << 20;
/// How long the host delays an answer that says nothing new (long polling).
pub const HOLD_TIME: Duration = Duration::from_secs(1);
/// How long one request may take.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);

/// Reads one line of at most [`MAX_LINE`] bytes.
pub(super) async fn read_line<T: DeserializeOwned>(from: impl AsyncRead + Unpin) -> io::Result<T> {
    let mut line = Vec::new();
    BufReader::new(from.take(MAX_LINE))
        .read_until(b'\n', &mut line)
        .await?;
    serde_json::from_slice(&line).map_err(io::Error::from)
}

/// Writes one line.
pub(super) async fn write_line(
    to: &mut (impl AsyncWrite + Unpin),
    value: &impl Serialize,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    to.write_all(&line).await
}

/// Makes a runtime for one thread.
pub(super) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}
