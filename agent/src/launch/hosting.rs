//! Process 0 hosts the rendezvous beside its engine.

use std::io;

use crate::{
    hosts,
    random::word,
    rendezvous::{Gang, Host, Nonce, Patience, Terms, wire::Served},
    settings::Member,
    state::RunDir,
};

/// Starts to host, if this is process 0, with what the host before it in this pod knew.
pub(super) fn start(
    own: &Member,
    gang: &Gang,
    terms: Option<Terms>,
    run_dir: &RunDir,
) -> io::Result<Option<Served>> {
    if own.process != 0 {
        return Ok(None);
    }
    let start = own.start;
    let id = Nonce::new(word()?);
    let host = Host::new(id, gang.clone(), Patience::USUAL, terms).after(run_dir.host(start));
    let notes = run_dir.clone();
    let keep = Box::new(move |memory: &_| notes.note_host(start, memory));
    Served::start(
        host,
        hosts::listen(own, 0, own.rendezvous_port)?,
        own.processes,
        keep,
    )
    .map(Some)
}
