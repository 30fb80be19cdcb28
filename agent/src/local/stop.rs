//! Ctrl-C and requests to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::{LocalError, system};

/// Waits for what asks a run to stop.
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    pub(super) fn new() -> Result<Self, LocalError> {
        let on = |kind| signal(kind).map_err(system("Ctrl-C cannot be waited for"));
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
        })
    }

    /// Waits until asked, and gives the exit code.
    pub(super) async fn asked(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}
