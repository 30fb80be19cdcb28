//! Whether a process is connected to all others, read from the kernel's own socket tables.
//!
//! No metric of the engine says so: a process without work shows none for ever. The tables show
//! it without asking the engine anything, so a busy one is seen too.

use std::{
    collections::BTreeSet,
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use crate::settings::Member;

/// One line of `/proc/net/tcp` or `/proc/net/tcp6`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Socket {
    /// Its own address.
    pub local: SocketAddr,
    /// The other side's.
    pub remote: SocketAddr,
    /// What it does.
    pub state: SocketState,
}

/// The states that matter here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SocketState {
    /// A connection that stands.
    Established,
    /// Waits for connections.
    Listen,
    /// On its way up or down.
    Other,
}

/// How far a process has got in finding the others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Formation {
    /// To how many others it is connected.
    pub peers: u32,
    /// Whether that is all of them; alone, whether its engine serves.
    pub formed: bool,
}

/// Looks how far a process has got, in the socket tables of its network namespace (`proc_net`).
///
/// The second table is read only while the first does not show all peers: for each the kernel goes
/// through the connections of the whole machine, which costs milliseconds, and a kubelet asks
/// every second.
///
/// # Errors
/// The IPv4 table cannot be read. A kernel without IPv6 has no second table.
pub fn look(proc_net: &Path, member: &Member) -> io::Result<Formation> {
    let mut found = parse(&fs::read_to_string(proc_net.join("tcp"))?);
    let first = formation(&found, member);
    if first.formed {
        return Ok(first);
    }
    match fs::read_to_string(proc_net.join("tcp6")) {
        Ok(text) => found.extend(parse(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(formation(&found, member))
}

/// Judges the sockets of a process's network namespace.
///
/// The engine connects each process to all lower ones and waits for the higher ones, so a
/// connection's side tells which kind of peer it is. Peers are told apart by their address: each
/// pod has its own.
#[must_use]
pub fn formation(sockets: &[Socket], member: &Member) -> Formation {
    if member.processes == 1 {
        let serves = |socket: &Socket| {
            socket.state == SocketState::Listen && socket.local.port() == member.engine_port
        };
        return Formation {
            peers: 0,
            formed: sockets.iter().any(serves),
        };
    }
    let port = member.process_port;
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
    let wanted = (member.process, member.processes - 1 - member.process);
    let count = |peers: &BTreeSet<IpAddr>, most: u32| {
        u32::try_from(peers.len()).unwrap_or(u32::MAX).min(most)
    };
    let seen = (count(&lower, wanted.0), count(&higher, wanted.1));
    Formation {
        peers: seen.0 + seen.1,
        formed: seen == wanted,
    }
}

/// Reads a socket table; lines that are none (the heading) are passed over.
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

/// Reads `0100007F:270F`: 32-bit words in the machine's byte order, the port as a plain number.
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
