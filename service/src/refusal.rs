//! The reason why a request has no identity: what failed, why, and what to do next.
//!
//! Each text can be shown to the client and written to a log. It contains nothing of a token but, once its signature
//! is verified, the beginning of its issuer and its audiences.

use strum::IntoStaticStr;
use thiserror::Error;

use crate::bearer::BearerFault;
use crate::claims::ClaimFault;
use crate::fault::ProviderFault;
use crate::jws::JwsFault;
use crate::kind::KindFault;
use crate::mapping::NameFault;
use crate::opaque::AnswerFault;
use crate::remedy::Remedy;

/// The length of a description in a header, in characters.
const DESCRIPTION: usize = 300;

/// The reason why a request has no identity. The name of a variant is its label in metrics and logs.
#[derive(Clone, Debug, PartialEq, Eq, Error, IntoStaticStr)]
pub enum Refusal {
    /// The request has no usable token.
    #[error("the request has no usable bearer token: {0}")]
    Bearer(BearerFault),
    /// The signed token is malformed, or its signature is wrong.
    #[error("the token is refused: {0}")]
    Signature(JwsFault),
    /// The token is of another kind.
    #[error("the token is refused: {0}")]
    Kind(KindFault),
    /// The token does not count here and now.
    #[error("the token is refused: {0}")]
    Claims(ClaimFault),
    /// The provider does not confirm the token.
    #[error("the token is refused: {0}")]
    Answer(AnswerFault),
    /// The user has no names in Kubernetes.
    #[error("the user of the token has no name in Kubernetes: {0}")]
    Name(NameFault),
    /// The provider is of no use just now.
    #[error("the token cannot be verified: {0}")]
    Provider(ProviderFault),
}

impl Refusal {
    /// Returns the label for metrics and logs.
    pub fn label(&self) -> &'static str {
        self.into()
    }

    /// Returns what to do next.
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Bearer(fault) => fault.remedy(),
            Self::Signature(fault) => fault.remedy(),
            Self::Kind(fault) => fault.remedy(),
            Self::Claims(fault) => fault.remedy(),
            Self::Answer(fault) => fault.remedy(),
            Self::Name(fault) => fault.remedy(),
            Self::Provider(fault) => fault.remedy(),
        }
    }

    /// Returns the status of the response: 400, 401, or 503 if the token may be good.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Bearer(BearerFault::Repeated) => 400,
            Self::Provider(_) => 503,
            _ => 401,
        }
    }

    /// Returns the header `WWW-Authenticate` of the response (RFC 6750), unless the token may be good.
    pub fn challenge(&self, realm: &str) -> Option<String> {
        let realm = quotable(realm);
        let code = match self {
            Self::Provider(_) => return None,
            Self::Bearer(BearerFault::Missing) => return Some(format!("Bearer realm=\"{realm}\"")),
            Self::Bearer(_) => "invalid_request",
            _ => "invalid_token",
        };
        let description = quotable(&self.to_string());
        Some(format!(
            "Bearer realm=\"{realm}\", error=\"{code}\", error_description=\"{description}\""
        ))
    }
}

/// Returns a text with only the characters that may stand between quotes in this header.
fn quotable(text: &str) -> String {
    let quotable = |letter: char| match letter {
        '"' | '\\' => '\'',
        ' '..='~' => letter,
        _ => '?',
    };
    text.chars().take(DESCRIPTION).map(quotable).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::algorithm::AlgorithmFault;
    use crate::client::FetchFault;
    use crate::fault::Document;

    fn unreachable() -> Refusal {
        Refusal::Provider(ProviderFault::Fetch {
            document: Document::Keys,
            fault: FetchFault::Timeout,
        })
    }

    #[rstest]
    #[case::missing(
        Refusal::Bearer(BearerFault::Missing),
        401,
        Some("Bearer realm=\"wax\"")
    )]
    #[case::two(
        Refusal::Bearer(BearerFault::Repeated),
        400,
        Some(
            "Bearer realm=\"wax\", error=\"invalid_request\", error_description=\"the request has no usable \
             bearer token: there is more than one header `Authorization`\""
        )
    )]
    #[case::unsigned(
        Refusal::Signature(JwsFault::Algorithm(AlgorithmFault::None)),
        401,
        Some(
            "Bearer realm=\"wax\", error=\"invalid_token\", error_description=\"the token is refused: the \
             algorithm `none` leaves it unsigned\""
        )
    )]
    #[case::provider(unreachable(), 503, None)]
    fn refusal_becomes_status_and_challenge(
        #[case] refusal: Refusal,
        #[case] status: u16,
        #[case] challenge: Option<&str>,
    ) {
        assert_eq!(refusal.status(), status);
        assert_eq!(refusal.challenge("wax").as_deref(), challenge);
    }

    #[test]
    fn label_is_the_name_of_the_variant() {
        assert_eq!(unreachable().label(), "Provider");
        assert_eq!(Refusal::Claims(ClaimFault::Expired).label(), "Claims");
    }

    proptest! {
        #[test]
        fn challenge_stays_between_its_quotes(found in ".{0,400}") {
            let fault = ClaimFault::OtherIssuer { configured: "https://id.example.com".to_owned(), found };
            let challenge = Refusal::Claims(fault).challenge("wax").unwrap();
            prop_assert_eq!(challenge.matches('"').count(), 6);
            prop_assert!(challenge.chars().all(|letter| (' '..='~').contains(&letter)));
            prop_assert!(!challenge.contains('\\'));
        }
    }
}
