//! Decides whether requests to the cluster go through a proxy, and through which.
//!
//! The rules are those of Go's `net/http` and `golang.org/x/net/http/httpproxy`, which kubectl uses. The matcher of
//! crate `hyper-util` follows curl, which knows no ports in `NO_PROXY` and proxies loopback addresses.

use std::net::IpAddr;

use http::Uri;
use thiserror::Error;

/// Error: an address that is no proxy's. It is not repeated, because it may contain a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ProxyError {
    /// It is no URL with a host.
    #[error("it is not the address of a proxy")]
    NotAnAddress,
    /// Its scheme is another one.
    #[error("its scheme is not http, https or socks5")]
    Scheme,
}

/// A protocol of proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// CONNECT over plain HTTP.
    Http,
    /// CONNECT over TLS.
    Https,
    /// SOCKS, version 5; the proxy resolves names.
    Socks5,
}

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    /// Its protocol.
    pub(crate) protocol: Protocol,
    /// Its address, without user and password.
    pub(crate) address: Uri,
    /// User and password, decoded.
    pub(crate) user: Option<(String, String)>,
}

impl Proxy {
    /// Parses `proxy-url` of a kubeconfig, which needs a scheme.
    pub(crate) fn from_url(text: &str) -> Result<Self, ProxyError> {
        let (scheme, rest) = text.split_once("://").ok_or(ProxyError::NotAnAddress)?;
        let protocol = match scheme.to_ascii_lowercase().as_str() {
            "http" => Protocol::Http,
            "https" => Protocol::Https,
            "socks5" => Protocol::Socks5,
            _ => return Err(ProxyError::Scheme),
        };
        Self::new(protocol, rest)
    }

    /// Parses the value of `HTTPS_PROXY`: a URL, or a host with a port, which means `http`.
    fn from_variable(text: &str) -> Result<Self, ProxyError> {
        match text.split_once("://") {
            None => Self::new(Protocol::Http, text),
            // Go's transport accepts this spelling in variables only.
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("socks5h") => {
                Self::new(Protocol::Socks5, rest)
            }
            Some(_) => Self::from_url(text),
        }
    }

    fn new(protocol: Protocol, rest: &str) -> Result<Self, ProxyError> {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (scheme, port) = match protocol {
            Protocol::Http => ("http", 80),
            Protocol::Https => ("https", 443),
            // The scheme only has to be one that connectors accept.
            Protocol::Socks5 => ("http", 1080),
        };
        let parsed: Uri = format!("{scheme}://{host}")
            .parse()
            .map_err(|_| ProxyError::NotAnAddress)?;
        let name = parsed.host().filter(|name| !name.is_empty());
        let name = name.ok_or(ProxyError::NotAnAddress)?;
        let port = parsed.port_u16().unwrap_or(port);
        let address = format!("{scheme}://{name}:{port}")
            .parse()
            .map_err(|_| ProxyError::NotAnAddress)?;
        let decode = |text: &str| String::from_utf8_lossy(&decoded(text)).into_owned();
        let user = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            (decode(name), decode(password))
        });
        Ok(Self {
            protocol,
            address,
            user,
        })
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "Proxy({:?}, {})", self.protocol, self.address)
    }
}

/// Replaces `%40` by `@`, and so on.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let code = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

/// The proxy variables of the environment. The upper-case spelling of a name wins over the lower-case one.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProxyVariables {
    /// `HTTP_PROXY`, for clusters without TLS.
    pub(crate) http_proxy: Option<String>,
    /// `HTTPS_PROXY`.
    pub(crate) https_proxy: Option<String>,
    /// `NO_PROXY`: comma-separated hosts, domains, addresses and networks, with or without a port.
    pub(crate) no_proxy: Option<String>,
}

impl ProxyVariables {
    /// Reads the environment of this process.
    #[must_use]
    pub(crate) fn of_process() -> Self {
        let read = |upper: &str, lower: &str| {
            let value = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
            value(upper).or_else(|| value(lower))
        };
        Self {
            http_proxy: read("HTTP_PROXY", "http_proxy"),
            https_proxy: read("HTTPS_PROXY", "https_proxy"),
            no_proxy: read("NO_PROXY", "no_proxy"),
        }
    }

    /// Returns the proxy for requests to `server`, or `None` for a direct connection. Loopback is always direct.
    ///
    /// # Errors
    /// The variable that counts is no address of a proxy; the error names the variable.
    pub(crate) fn for_server(
        &self,
        server: &Uri,
    ) -> Result<Option<Proxy>, (&'static str, ProxyError)> {
        let secure = server.scheme_str() == Some("https");
        let (name, value) = if secure {
            ("HTTPS_PROXY", &self.https_proxy)
        } else {
            ("HTTP_PROXY", &self.http_proxy)
        };
        let (Some(value), Some(host)) = (value, server.host()) else {
            return Ok(None);
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = server.port_u16().unwrap_or(if secure { 443 } else { 80 });
        if is_loopback(host) || self.is_excluded(host, port) {
            return Ok(None);
        }
        match Proxy::from_variable(value) {
            Ok(proxy) => Ok(Some(proxy)),
            Err(error) => Err((name, error)),
        }
    }

    fn is_excluded(&self, host: &str, port: u16) -> bool {
        let entries = self.no_proxy.iter().flat_map(|list| list.split(','));
        let host = host.to_ascii_lowercase();
        entries
            .map(|entry| entry.trim().to_ascii_lowercase())
            .any(|entry| covers(&entry, &host, port))
    }
}

/// Whether an address is one of this machine itself.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whether an entry of `NO_PROXY` covers the host. `*` covers all hosts, `example.com` itself and its subdomains,
/// `.example.com` only the subdomains, a network all its addresses.
fn covers(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, length)) = entry.split_once('/') {
        return network_holds(network, length, host).unwrap_or(false);
    }
    let (name, only_port) = split_port(entry);
    if only_port.is_some_and(|only| only != port.to_string()) {
        return false;
    }
    if let Ok(address) = name.parse::<IpAddr>() {
        return host.parse() == Ok(address);
    }
    // A domain never covers an address.
    if name.is_empty() || host.parse::<IpAddr>().is_ok() {
        return false;
    }
    let name = name
        .strip_prefix('*')
        .filter(|rest| rest.starts_with('.'))
        .unwrap_or(name);
    match name.strip_prefix('.') {
        Some(_) => host.ends_with(name),
        None => host == name || host.ends_with(&format!(".{name}")),
    }
}

/// Splits `host:port` and `[address]:port`; an IPv6 address without brackets has no port.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = entry
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return (address, rest.strip_prefix(':'));
    }
    match entry.split_once(':') {
        Some((name, port)) if !port.contains(':') => (name, Some(port)),
        _ => (entry, None),
    }
}

fn network_holds(network: &str, length: &str, host: &str) -> Option<bool> {
    use std::net::IpAddr::{V4, V6};
    let length: u32 = length.parse().ok()?;
    let (network, host, width) = match (network.parse().ok()?, host.parse().ok()?) {
        (V4(network), V4(host)) => (
            u128::from(network.to_bits()),
            u128::from(host.to_bits()),
            32,
        ),
        (V6(network), V6(host)) => (network.to_bits(), host.to_bits(), 128),
        _ => return Some(false),
    };
    let dropped = u32::checked_sub(width, length)?;
    Some(network.checked_shr(dropped).unwrap_or(0) == host.checked_shr(dropped).unwrap_or(0))
}

#[cfg(test)]
mod tests;
