//! The bearer token of a request: exactly one header `Authorization`, and nothing in the query (RFC 6750).

use std::fmt::{self, Debug, Formatter};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use thiserror::Error;
use url::form_urlencoded;

use crate::remedy::Remedy;

/// The length that a token may have, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The name of a parameter that would carry a token.
const PARAMETER: &str = "access_token";

/// A token as it was sent. It is never shown.
#[derive(Clone)]
pub struct BearerToken(SecretString);

/// The reason why a request has no usable token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BearerFault {
    /// The header is absent.
    #[error("the header `Authorization` is absent")]
    Missing,
    /// There are several headers, which two programs could read differently.
    #[error("there is more than one header `Authorization`")]
    Repeated,
    /// The scheme is not `Bearer`, or not followed by a space and a token.
    #[error("the header `Authorization` is not `Bearer` with a space and a token")]
    Scheme,
    /// The token contains a character that no token has.
    #[error("the token contains characters that are not allowed")]
    Characters,
    /// The token exceeds its limit.
    #[error("the token is longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// The token is in the query, which logs and histories keep.
    #[error("the query contains `{PARAMETER}`")]
    InQuery,
}

impl BearerToken {
    /// Reads the token from the values of all headers `Authorization`.
    ///
    /// # Errors
    ///
    /// Returns the reason if there is not exactly one token.
    pub fn from_headers<'a>(
        mut values: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Self, BearerFault> {
        let value = values.next().ok_or(BearerFault::Missing)?;
        match values.next() {
            None => Self::from_header(value),
            Some(_) => Err(BearerFault::Repeated),
        }
    }

    fn from_header(value: &[u8]) -> Result<Self, BearerFault> {
        let (scheme, rest) = value
            .iter()
            .position(|byte| *byte == b' ')
            .map(|space| value.split_at(space))
            .ok_or(BearerFault::Scheme)?;
        let start = rest.iter().position(|byte| *byte != b' ');
        let token = start.map(|start| &rest[start..]);
        match token {
            Some(token) if scheme.eq_ignore_ascii_case(b"bearer") => Self::parse(token),
            _ => Err(BearerFault::Scheme),
        }
    }

    /// Reads a token.
    ///
    /// # Errors
    ///
    /// Returns the reason if it cannot be one.
    pub fn parse(token: &[u8]) -> Result<Self, BearerFault> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(BearerFault::TooLong);
        }
        let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
        let (text, _) = token.split_at(token.len() - padding);
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
        if text.is_empty() || !text.iter().all(allowed) {
            return Err(BearerFault::Characters);
        }
        let token = str::from_utf8(token).map_err(|_| BearerFault::Characters)?;
        Ok(Self(SecretString::from(token)))
    }

    /// Refuses a query that carries a token.
    ///
    /// # Errors
    ///
    /// Fails if a parameter of the query has the name of a token.
    pub fn refuse_in_query(query: &[u8]) -> Result<(), BearerFault> {
        let carries = form_urlencoded::parse(query).any(|(name, _)| name == PARAMETER);
        match carries {
            true => Err(BearerFault::InQuery),
            false => Ok(()),
        }
    }

    /// Returns the token.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns a hash by which answers about the token are kept.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(self.expose().as_bytes()).into()
    }
}

impl Debug for BearerToken {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(hidden)")
    }
}

impl BearerFault {
    /// Returns what to do next.
    pub const fn remedy(self) -> Remedy {
        match self {
            Self::InQuery => Remedy::Client("send the token in the header `Authorization` only"),
            Self::TooLong => Remedy::Provider(
                "put fewer claims into access tokens, such as only the groups that have rights in the cluster",
            ),
            _ => Remedy::Client("send one header `Authorization: Bearer TOKEN`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn read(values: &[&str]) -> Result<String, BearerFault> {
        BearerToken::from_headers(values.iter().map(|value| value.as_bytes()))
            .map(|token| token.expose().to_owned())
    }

    #[rstest]
    #[case::usual("Bearer abc.DEF-_~+/", "abc.DEF-_~+/")]
    #[case::lower_case("bearer abc", "abc")]
    #[case::upper_case("BEARER abc", "abc")]
    #[case::spaces("Bearer   abc", "abc")]
    #[case::padding("Bearer abc==", "abc==")]
    fn token_is_read(#[case] header: &str, #[case] token: &str) {
        assert_eq!(read(&[header]).as_deref(), Ok(token));
    }

    #[rstest]
    #[case::none(&[], BearerFault::Missing)]
    #[case::two(&["Bearer a", "Bearer a"], BearerFault::Repeated)]
    #[case::tab(&["Bearer\tabc"], BearerFault::Scheme)]
    #[case::basic(&["Basic abc"], BearerFault::Scheme)]
    #[case::no_token(&["Bearer"], BearerFault::Scheme)]
    #[case::empty_token(&["Bearer "], BearerFault::Scheme)]
    #[case::empty(&[""], BearerFault::Scheme)]
    #[case::space_before(&[" Bearer abc"], BearerFault::Scheme)]
    #[case::two_tokens(&["Bearer abc def"], BearerFault::Characters)]
    #[case::list(&["Bearer abc, Bearer def"], BearerFault::Characters)]
    #[case::tab_inside(&["Bearer abc\tdef"], BearerFault::Characters)]
    #[case::line_break(&["Bearer abc\r\nX: y"], BearerFault::Characters)]
    #[case::padding_only(&["Bearer =="], BearerFault::Characters)]
    #[case::padding_inside(&["Bearer a=b"], BearerFault::Characters)]
    #[case::letters_of_any_language(&["Bearer ä"], BearerFault::Characters)]
    fn unusable_header_is_refused(#[case] headers: &[&str], #[case] fault: BearerFault) {
        assert_eq!(read(headers), Err(fault));
    }

    #[rstest]
    #[case::at_the_limit(MAX_TOKEN_BYTES, true)]
    #[case::above(MAX_TOKEN_BYTES + 1, false)]
    fn length_is_bounded(#[case] bytes: usize, #[case] accepted: bool) {
        assert_eq!(BearerToken::parse(&vec![b'a'; bytes]).is_ok(), accepted);
    }

    #[rstest]
    #[case("access_token=abc", true)]
    #[case("namespace=x&access_token=abc", true)]
    #[case("access%5Ftoken=abc", true)]
    #[case("access_token", true)]
    #[case("namespace=access_token", false)]
    #[case("", false)]
    fn token_in_query_is_refused(#[case] query: &str, #[case] refused: bool) {
        let found = BearerToken::refuse_in_query(query.as_bytes());
        assert_eq!(found == Err(BearerFault::InQuery), refused);
    }

    #[test]
    fn token_is_not_shown() {
        let token = BearerToken::parse(b"canary").unwrap();
        assert!(!format!("{token:?}").contains("canary"));
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            drop(BearerToken::from_headers([bytes.as_slice()].into_iter()));
            let _ = BearerToken::refuse_in_query(&bytes);
        }
    }
}
