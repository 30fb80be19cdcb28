//! Stops a process of a gang: first its engine, then its part in the rendezvous.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::GangMember;
use crate::{
    launch::process::stopped,
    outcome::Ending,
    rendezvous::{Stage, wire::ask_once},
    report::TerminationReport,
    reporting::failed,
    supervise::end,
};

/// How long the exit waits until other processes have heard of it.
const LEAVE_TIMEOUT: Duration = Duration::from_millis(500);

impl GangMember<'_> {
    /// Stops the engine, tells the others, and returns the exit code.
    pub(super) fn stop(&mut self, signal: Signal) -> Result<i32, TerminationReport> {
        if let Some(ending) = self.end_engine()? {
            self.on_engine_end(ending)?;
        }
        if let Some(server) = &self.host_server {
            server.close(&self.member.farewell(), LEAVE_TIMEOUT);
        } else {
            self.leave();
        }
        match self.member.stage() {
            Stage::Ended { .. } => Ok(0),
            _ => Ok(stopped(signal, self.log)),
        }
    }

    /// Stops the engine; returns how it ended if it had ended by itself before.
    pub(super) fn end_engine(&mut self) -> Result<Option<Ending>, TerminationReport> {
        match self.running.take() {
            Some(engine) => end(engine).map_err(|error| failed(&error)),
            None => Ok(None),
        }
    }

    /// Tells the host that this process exits. If the host shuts down, too, its farewell is saved.
    pub(super) fn leave(&mut self) {
        let farewell = self.member.farewell();
        if let (Some(server), Stage::Refused { .. }) = (&self.host_server, self.member.stage()) {
            // The other processes must hear of the refusal before their host is gone.
            server.close(&farewell, LEAVE_TIMEOUT);
        } else if self.host_server.is_none()
            && let Ok(answer) = ask_once(&self.host, &farewell, LEAVE_TIMEOUT)
        {
            self.member.on_reply(&farewell, answer, Duration::ZERO);
            drop(self.save_history());
        }
    }
}
