//! Decides whether requests to the cluster go through the proxy of the environment.

/// The proxy variables of the environment. The upper-case spelling of a name wins over the lower-case one.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProxyVariables {
    /// `HTTPS_PROXY`.
    pub(crate) https_proxy: Option<String>,
    /// `NO_PROXY`: comma-separated hosts, domains, addresses and networks.
    pub(crate) no_proxy: Option<String>,
}

impl ProxyVariables {
    /// Reads the environment of this process.
    #[must_use]
    pub(crate) fn of_process() -> Self {
        let read = |upper: &str, lower: &str| {
            let value = std::env::var(upper).or_else(|_| std::env::var(lower)).ok();
            value.filter(|text| !text.is_empty())
        };
        Self {
            https_proxy: read("HTTPS_PROXY", "https_proxy"),
            no_proxy: read("NO_PROXY", "no_proxy"),
        }
    }

    /// Returns the proxy for requests to `host`, or `None` for a direct connection.
    ///
    /// The cluster's host decides, and loopback is always direct, as in Go's `http.ProxyFromEnvironment`, which kubectl
    /// uses.
    #[must_use]
    pub(crate) fn for_host(&self, host: &str) -> Option<&str> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let direct = is_loopback(host)
            || self
                .no_proxy
                .iter()
                .flat_map(|list| list.split(','))
                .any(|e| covers(e, host));
        if direct {
            None
        } else {
            self.https_proxy.as_deref()
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// Whether an entry of `NO_PROXY` covers the host. `*` covers all hosts, `example.com` itself and its subdomains,
/// `.example.com` only the subdomains, a network all its addresses.
fn covers(entry: &str, host: &str) -> bool {
    let entry = entry.trim();
    if entry == "*" {
        return true;
    }
    if let Some((network, length)) = entry.split_once('/') {
        return network_holds(network, length, host).unwrap_or(false);
    }
    let entry = entry
        .strip_prefix("*.")
        .map_or_else(|| entry.to_owned(), |rest| format!(".{rest}"));
    if entry.starts_with('.') {
        return host.len() > entry.len()
            && host
                .to_ascii_lowercase()
                .ends_with(&entry.to_ascii_lowercase());
    }
    let below = format!(".{}", entry.to_ascii_lowercase());
    !entry.is_empty()
        && (host.eq_ignore_ascii_case(&entry) || host.to_ascii_lowercase().ends_with(&below))
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
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "api.example.com", true)]
    #[case("", "127.0.0.1", false)]
    #[case("", "localhost", false)]
    #[case("", "::1", false)]
    #[case("*", "api.example.com", false)]
    #[case("example.com", "api.example.com", false)]
    #[case("example.com", "badexample.com", true)]
    #[case(".example.com", "example.com", true)]
    #[case("*.example.com", "api.example.com", false)]
    #[case("other.org, API.example.com", "api.example.com", false)]
    #[case("10.0.0.0/8", "10.200.3.4", false)]
    #[case("10.0.0.0/8", "11.0.0.1", true)]
    #[case("0.0.0.0/0", "11.0.0.1", false)]
    #[case("10.0.0.0/99", "10.0.0.1", true)]
    #[case("fd00::/8", "fd12::1", false)]
    #[case("10.0.0.0/8", "api.example.com", true)]
    fn cluster_host_decides_about_proxy(
        #[case] no_proxy: &str,
        #[case] host: &str,
        #[case] proxied: bool,
    ) {
        let variables = ProxyVariables {
            https_proxy: Some("http://proxy:3128".into()),
            no_proxy: Some(no_proxy.into()),
        };
        assert_eq!(variables.for_host(host).is_some(), proxied);
    }
}
