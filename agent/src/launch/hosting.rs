//! Process 0 hosts the rendezvous beside its engine.

use std::io;

use crate::{
    hosts,
    random::word,
    rendezvous::{Gang, Host, Nonce, StoreIdentity, Timeouts, wire::HostServer},
    settings::ProcessIdentity,
    state::RunDir,
};

/// Starts the host if this is process 0. It takes over from the previous host in this pod.
pub(super) fn start(
    own: &ProcessIdentity,
    gang: &Gang,
    store: Option<StoreIdentity>,
    run_dir: &RunDir,
) -> io::Result<Option<HostServer>> {
    if own.process != 0 {
        return Ok(None);
    }
    let start = own.start;
    let host_id = Nonce::new(word()?);
    let host = Host::new(host_id, gang.clone(), Timeouts::DEFAULT, store)
        .after(run_dir.host_record(start));
    let notes = run_dir.clone();
    let save = Box::new(move |record: &_| notes.save_host_record(start, record));
    HostServer::start(
        host,
        hosts::listen(own, 0, own.rendezvous_port)?,
        own.processes,
        save,
    )
    .map(Some)
}
