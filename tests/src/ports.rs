//! Reserves ports for servers that tests start.

use std::io;
use std::net::TcpListener;
use std::ops::Range;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

/// Ports to choose from. They are below the ports that Linux assigns to outgoing connections, so that no connection
/// takes a port before its server does, and below the ports that Kubernetes assigns to Services.
const PORTS: Range<u32> = 10_000..30_000;

/// Reserves ports on which no program listens. A reserved port belongs to this process until it ends: neither this
/// process nor another test process gets the same port again.
///
/// # Errors
/// Fewer than `count` ports are left.
pub fn free(count: usize) -> Result<Vec<u16>> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Test programs that run at the same time begin their search at distant ports.
    let first = process::id().wrapping_mul(7919);
    let all = PORTS.end - PORTS.start;
    let candidates = std::iter::from_fn(|| {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        let offset = first.wrapping_add(given) % all;
        (given < all).then_some(PORTS.start + offset)
    });
    let free: Vec<u16> = candidates
        .filter_map(|port| u16::try_from(port).ok())
        .filter(|&port| take(port) && TcpListener::bind(("0.0.0.0", port)).is_ok())
        .take(count)
        .collect();
    (free.len() == count)
        .then_some(free)
        .context("too few free ports")
}

/// Reserves `port` for this process, unless a test process has reserved it. The reservation is an abstract socket
/// named after the port, which the kernel removes when the process ends.
fn take(port: u16) -> bool {
    static TAKEN: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());
    let Ok(socket) = sign(port) else { return false };
    TAKEN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(socket);
    true
}

fn sign(port: u16) -> io::Result<UnixListener> {
    let name = format!("bytewax-platform-port-{port}");
    UnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?)
}

/// Reserves loopback addresses for the processes of a gang, in the format of Bytewax's option `-a`.
///
/// # Errors
/// Too few ports are left.
pub fn gang(processes: usize) -> Result<String> {
    let addresses: Vec<String> = free(processes)?
        .iter()
        .map(|port| format!("127.0.0.1:{port}"))
        .collect();
    Ok(addresses.join(";"))
}

#[cfg(test)]
mod tests {
    use super::{free, take};

    #[test]
    fn port_is_reserved_once() {
        let given = free(3).unwrap();
        assert_eq!(given.len(), 3);
        assert!(!given.into_iter().any(take));
    }
}
