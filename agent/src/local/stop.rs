//! Waits for Ctrl-C and signals to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::{LocalError, system};

/// The signals on which a run stops.
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    pub(super) fn new() -> Result<Self, LocalError> {
        let on = |kind| signal(kind).map_err(system("cannot wait for Ctrl-C"));
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal, and returns the exit code.
    pub(super) async fn asked(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}
