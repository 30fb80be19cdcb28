//! Reads from the socket tables of the kernel whether a process is connected to all others.
//!
//! The metrics of the engine do not show it: a process without work never has any. The tables need no answer of
//! the engine, so they also show a busy one.

use std::{
    collections::BTreeSet,
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use crate::settings::ProcessIdentity;

/// One line of `/proc/net/tcp` or `/proc/net/tcp6`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Socket {
    /// The local address.
    pub local: SocketAddr,
    /// The remote address.
    pub remote: SocketAddr,
    /// The state of the socket.
    pub state: SocketState,
}

/// The socket states that matter here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SocketState {
    /// An open connection.
    Established,
    /// Accepts connections.
    Listen,
    /// Opening or closing.
    Other,
}

/// The connections of a process to the others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Formation {
    /// The number of others to which it is connected.
    pub peers: u32,
    /// Whether these are all others; for a single process, whether its engine serves its API.
    pub formed: bool,
}

/// Reads the connections of a process from the socket tables of its network namespace (`proc_net`).
///
/// The IPv6 table is read only if the IPv4 table does not show all peers. For each table the kernel walks
/// through the connections of the whole machine, which costs milliseconds, and the kubelet asks every second.
///
/// # Errors
/// A table cannot be read. A missing IPv6 table is no error, since a kernel without IPv6 has none.
pub fn read(proc_net: &Path, identity: &ProcessIdentity) -> io::Result<Formation> {
    let mut found = parse(&fs::read_to_string(proc_net.join("tcp"))?);
    let first = formation(&found, identity);
    if first.formed {
        return Ok(first);
    }
    match fs::read_to_string(proc_net.join("tcp6")) {
        Ok(text) => found.extend(parse(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(formation(&found, identity))
}

/// Returns the connections of a process, given the sockets of its network namespace.
///
/// The engine of each process connects to all lower processes and accepts connections of the higher ones. So
/// the direction of a connection shows which kind of peer it leads to. Peers differ by address, since each pod
/// has its own.
#[must_use]
pub fn formation(sockets: &[Socket], identity: &ProcessIdentity) -> Formation {
    if identity.processes == 1 {
        let serves = |socket: &Socket| {
            socket.state == SocketState::Listen && socket.local.port() == identity.engine_port
        };
        return Formation {
            peers: 0,
            formed: sockets.iter().any(serves),
        };
    }
    let port = identity.process_port;
    let mut lower = BTreeSet::new();
    let mut higher = BTreeSet::new();
    for socket in sockets
        .iter()
        .filter(|socket| socket.state == SocketState::Established)
    {
        if socket.local.port() == port {
            higher.insert(socket.remote.ip());
        } else if socket.remote.port() == port {
            lower.insert(socket.remote.ip());
        }
    }
    let wanted = (identity.process, identity.processes - 1 - identity.process);
    let count = |peers: &BTreeSet<IpAddr>, most: u32| {
        u32::try_from(peers.len()).unwrap_or(u32::MAX).min(most)
    };
    let seen = (count(&lower, wanted.0), count(&higher, wanted.1));
    Formation {
        peers: seen.0 + seen.1,
        formed: seen == wanted,
    }
}

/// Parses a socket table; other lines, such as the heading, are ignored.
#[must_use]
pub fn parse(table: &str) -> Vec<Socket> {
    table.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Socket> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = parse_address(fields.next()?)?;
    let remote = parse_address(fields.next()?)?;
    let state = match fields.next()? {
        "01" => SocketState::Established,
        "0A" => SocketState::Listen,
        _ => SocketState::Other,
    };
    Some(Socket {
        local,
        remote,
        state,
    })
}

/// Parses an address such as `0100007F:270F`: 32-bit words in the byte order of the machine, then the port as a
/// plain number.
fn parse_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    if !address.is_ascii() {
        return None;
    }
    let mut bytes = Vec::with_capacity(16);
    for word in address.as_bytes().chunks(8) {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let ip = match bytes.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests;
