//! The last steps of a process of a gang: it ends its engine and tells the other processes.

use std::time::Duration;

use crate::{
    outcome::Ending,
    rendezvous::{
        Member, Stage,
        wire::{HostAddress, HostServer, ask_once},
    },
    report::TerminationReport,
    reporting::failed,
    supervise::end,
};

/// How long the exit waits until other processes have heard of it.
pub(super) const LEAVE_TIMEOUT: Duration = Duration::from_millis(500);

/// Stops the engine; returns how it ended if it had ended by itself before.
pub(super) fn end_engine(running: &mut Option<u32>) -> Result<Option<Ending>, TerminationReport> {
    match running.take() {
        Some(engine) => end(engine).map_err(|error| failed(&error)),
        None => Ok(None),
    }
}

/// Tells the host that this process exits. Returns true if the host answered; it may shut down, too, and its
/// farewell is then part of the history.
pub(super) fn leave(
    member: &mut Member,
    host: &HostAddress,
    host_server: Option<&HostServer>,
) -> bool {
    let farewell = member.farewell();
    if let (Some(server), Stage::Refused { .. }) = (host_server, member.stage()) {
        // The other processes must hear of the refusal before their host is gone.
        server.close(&farewell, LEAVE_TIMEOUT);
    } else if host_server.is_none()
        && let Ok(answer) = ask_once(host, &farewell, LEAVE_TIMEOUT)
    {
        member.on_reply(&farewell, answer, Duration::ZERO);
        return true;
    }
    false
}
