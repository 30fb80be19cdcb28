//! The providers that are part of kubectl (`auth-provider`). Of these only `oidc` still exists.
//!
//! A valid id-token is used. An expired one is not renewed here: the identity provider may issue a new refresh token
//! with it, which would have to be written to the kubeconfig, and the old one would no longer work there. kubectl does
//! both, so it is the remedy.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use crate::cluster::kubeconfig::entry::AuthProvider;

/// Tokens are written with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Error: a provider of the kubeconfig has no token.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum ProviderError {
    /// kubectl has it no longer, either. The text is kubectl's.
    #[error("{0}")]
    Removed(&'static str),
    /// There never was one of this name.
    #[error("no Auth Provider found for name {0:?}")]
    Unknown(String),
    /// There is no id-token.
    #[error("user `{user}` of the kubeconfig has no id-token")]
    NoToken {
        /// The user.
        user: String,
    },
    /// The id-token is no JWT with a time of expiry.
    #[error("the id-token of user `{user}` in the kubeconfig is not readable")]
    Unreadable {
        /// The user.
        user: String,
    },
    /// The id-token has expired.
    #[error("the id-token of user `{user}` in the kubeconfig expired at {expired}")]
    Expired {
        /// The user.
        user: String,
        /// The time.
        expired: Timestamp,
        /// Whether kubectl can renew it.
        renewable: bool,
    },
}

const GCP: &str = "The gcp auth plugin has been removed.
Please use the \"gke-gcloud-auth-plugin\" kubectl/client-go credential plugin instead.
See https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke for further details";

const AZURE: &str = "The azure auth plugin has been removed.
Please use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.
See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins for further details";

/// Returns the token that a provider has for `user`.
///
/// # Errors
/// It has none, or an expired one.
pub(super) fn token(provider: &AuthProvider, user: &str) -> Result<String, ProviderError> {
    match provider.name.as_str() {
        "oidc" => id_token(provider, user, Timestamp::now()),
        "gcp" => Err(ProviderError::Removed(GCP)),
        "azure" => Err(ProviderError::Removed(AZURE)),
        other => Err(ProviderError::Unknown(other.to_owned())),
    }
}

fn id_token(provider: &AuthProvider, user: &str, now: Timestamp) -> Result<String, ProviderError> {
    let user = user.to_owned();
    let field = |name: &str| provider.config.get(name).filter(|text| !text.is_empty());
    let renewable = field("refresh-token").is_some() && field("idp-issuer-url").is_some();
    let Some(token) = field("id-token") else {
        return Err(ProviderError::NoToken { user });
    };
    match expiry(token) {
        None => Err(ProviderError::Unreadable { user }),
        Some(expired) if expired <= now => Err(ProviderError::Expired {
            user,
            expired,
            renewable,
        }),
        Some(_) => Ok(token.clone()),
    }
}

/// Returns the claim `exp` of a JWT.
fn expiry(token: &str) -> Option<Timestamp> {
    let claims = BASE64.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let seconds = claims.get("exp")?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a fraction of a second does not matter"
    )]
    let seconds = seconds
        .as_i64()
        .or_else(|| Some(seconds.as_f64()? as i64))?;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn provider(name: &str, fields: &[(&str, &str)]) -> AuthProvider {
        let config = fields
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        AuthProvider {
            name: name.to_owned(),
            config: config.collect(),
        }
    }

    /// A token without a signature; its payload is `{"exp":EXP}`.
    fn jwt(payload: &str) -> String {
        format!("e30.{}.x", BASE64.encode(payload))
    }

    #[rstest]
    #[case::whole(r#"{"exp":4102444800}"#)]
    #[case::fraction(r#"{"exp":4102444800.5}"#)]
    #[case::more(r#"{"iss":"https://x","exp":4102444800,"sub":"ann?>"}"#)]
    fn valid_id_token_is_used(#[case] payload: &str) {
        let token_text = jwt(payload);
        let oidc = provider("oidc", &[("id-token", &token_text)]);
        assert_eq!(token(&oidc, "ann"), Ok(token_text));
    }

    #[test]
    fn expired_id_token_is_named_without_its_text() {
        let token_text = jwt(r#"{"exp":1600000000}"#);
        let fields = [
            ("id-token", token_text.as_str()),
            ("refresh-token", "r"),
            ("idp-issuer-url", "https://x"),
        ];
        let error = token(&provider("oidc", &fields), "ann").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the id-token of user `ann` in the kubeconfig expired at 2020-09-13T12:26:40Z"
        );
        assert!(matches!(
            error,
            ProviderError::Expired {
                renewable: true,
                ..
            }
        ));
        let error = token(&provider("oidc", &fields[..1]), "ann").unwrap_err();
        assert!(matches!(
            error,
            ProviderError::Expired {
                renewable: false,
                ..
            }
        ));
    }

    #[rstest]
    #[case::none(provider("oidc", &[]), "user `ann` of the kubeconfig has no id-token")]
    #[case::opaque(
        provider("oidc", &[("id-token", "secret")]),
        "the id-token of user `ann` in the kubeconfig is not readable"
    )]
    #[case::gcp(provider("gcp", &[("cmd-path", "gcloud")]), GCP)]
    #[case::azure(provider("azure", &[]), AZURE)]
    #[case::other(provider("sso", &[]), "no Auth Provider found for name \"sso\"")]
    fn provider_without_token_is_explained(#[case] provider: AuthProvider, #[case] expected: &str) {
        assert_eq!(token(&provider, "ann").unwrap_err().to_string(), expected);
    }
}
