//! A URL of a provider that may be asked: `https`, or `http` on a loopback address.

use std::fmt::{self, Display, Formatter};

use thiserror::Error;
use url::{Host, Position, Url};

/// The length that a URL may have, in bytes.
const MAX_BYTES: usize = 2048;

/// A URL that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

/// The reason why a URL may not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EndpointFault {
    /// The text is no URL with a host.
    #[error("it is not an absolute URL")]
    Malformed,
    /// The text exceeds its limit.
    #[error("it is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// The URL is not encrypted, and leaves this machine.
    #[error("its scheme is not https; http is accepted for loopback addresses only")]
    NotHttps,
    /// The URL contains a user name or a password.
    #[error("it contains a user name or a password")]
    Credentials,
    /// The URL contains a fragment, which no server would receive.
    #[error("it contains a fragment")]
    Fragment,
}

impl Endpoint {
    /// Reads an absolute URL.
    ///
    /// # Errors
    ///
    /// Returns the first reason why it may not be asked.
    pub fn parse(text: &str) -> Result<Self, EndpointFault> {
        if text.len() > MAX_BYTES {
            return Err(EndpointFault::TooLong);
        }
        let url = Url::parse(text).map_err(|_| EndpointFault::Malformed)?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(EndpointFault::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointFault::Credentials);
        }
        if url.fragment().is_some() {
            return Err(EndpointFault::Fragment);
        }
        Ok(Self(url))
    }

    /// Whether requests to it are encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the URL has a query.
    pub(crate) fn has_query(&self) -> bool {
        self.0.query().is_some()
    }

    /// Returns the URL.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

/// Shows the URL without its query.
impl Display for Endpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0[..Position::AfterPath])
    }
}

/// Whether the host is this machine. A name other than `localhost` could be resolved to anything.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::public(
        "https://id.example.com/realms/x?tenant=1",
        "https://id.example.com/realms/x"
    )]
    #[case::loopback("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x")]
    #[case::loopback_of_version_six("http://[::1]:8080/", "http://[::1]:8080/")]
    #[case::localhost("http://localhost/x", "http://localhost/x")]
    fn accepted_url_is_shown_without_query(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(
            Endpoint::parse(text).map(|endpoint| endpoint.to_string()),
            Ok(shown.to_owned())
        );
    }

    #[rstest]
    #[case::plain("http://id.example.com/", EndpointFault::NotHttps)]
    #[case::metadata("http://169.254.169.254/latest", EndpointFault::NotHttps)]
    #[case::name_like_loopback("http://localhost.evil.com/", EndpointFault::NotHttps)]
    #[case::file("file:///etc/passwd", EndpointFault::NotHttps)]
    #[case::script("javascript:alert(1)", EndpointFault::NotHttps)]
    #[case::relative("/keys", EndpointFault::Malformed)]
    #[case::empty("", EndpointFault::Malformed)]
    #[case::user("https://user@id.example.com/", EndpointFault::Credentials)]
    #[case::password("https://:secret@id.example.com/", EndpointFault::Credentials)]
    #[case::fragment("https://id.example.com/#x", EndpointFault::Fragment)]
    fn unsafe_url_is_refused(#[case] text: &str, #[case] fault: EndpointFault) {
        assert_eq!(Endpoint::parse(text), Err(fault));
    }

    #[test]
    fn long_url_is_refused() {
        let text = format!("https://id.example.com/{}", "x".repeat(MAX_BYTES));
        assert_eq!(Endpoint::parse(&text), Err(EndpointFault::TooLong));
    }
}
