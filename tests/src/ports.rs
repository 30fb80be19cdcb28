//! Ports for servers that tests start.

use std::net::TcpListener;
use std::ops::Range;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

/// Below what Linux gives to connections, so that none takes a port before its server does, and
/// below what Kubernetes gives to Services.
const PORTS: Range<u32> = 10_000..30_000;

/// Finds ports at which nobody listens. A process is never given the same one twice.
///
/// # Errors
/// Fewer than `count` are left.
pub fn free(count: usize) -> Result<Vec<u16>> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Test programs that run beside each other begin far from each other.
    let first = process::id().wrapping_mul(7919);
    let all = PORTS.end - PORTS.start;
    let candidates = std::iter::from_fn(|| {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        let offset = first.wrapping_add(given) % all;
        (given < all).then_some(PORTS.start + offset)
    });
    let free: Vec<u16> = candidates
        .filter_map(|port| u16::try_from(port).ok())
        .filter(|&port| TcpListener::bind(("0.0.0.0", port)).is_ok())
        .take(count)
        .collect();
    (free.len() == count).then_some(free).context("free ports")
}

/// Finds addresses on loopback for the processes of a gang, in the engine's notation.
///
/// # Errors
/// There are no ports left.
pub fn gang(processes: usize) -> Result<String> {
    let addresses: Vec<String> = free(processes)?
        .iter()
        .map(|port| format!("127.0.0.1:{port}"))
        .collect();
    Ok(addresses.join(";"))
}
