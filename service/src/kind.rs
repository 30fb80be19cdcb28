//! The kind of a signed token, so that none that was made for something else passes for an access token.
//!
//! | statement | meaning |
//! |---|---|
//! | header `typ` is given, and neither `JWT` nor `at+jwt` | always refused |
//! | claim `events`; `typ` in the claims is `Logout` | logout token: always refused |
//! | `typ` in the claims is `Refresh` or `Offline`; `token_use` is `refresh` | refresh token: always refused |
//! | header `typ` is `at+jwt` | access token (RFC 9068) |
//! | anything else, with `--require-at-jwt` | always refused |
//! | `typ` in the claims is `Bearer`; `token_use` is `access` | access token of Keycloak, of Cognito |
//! | `typ` in the claims is `ID`; `token_use` is `id`; claim `nonce`, `at_hash`, `c_hash` or `s_hash` | ID token |
//! | claim `scope`, `scp`, `client_id`, `cid` or `appid` | access token |
//! | none of these | may be an ID token, so it counts as one |
//!
//! The rows are tried from the top.

use serde_json::Value;
use thiserror::Error;

use crate::json::Object;
use crate::provider::Provider;
use crate::remedy::{Remedy, Setting};

/// The kind of an accepted token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A signed access token.
    Access,
    /// An ID token, where they are accepted.
    Id,
    /// A token that is not signed, which the provider has confirmed.
    Opaque,
}

/// The reason why a token of this kind is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KindFault {
    /// The header states a type that is no access token.
    #[error("its header states another `typ` than `at+jwt` or `JWT`")]
    OtherType,
    /// The header does not state the required type.
    #[error("its header does not state the `typ` at+jwt")]
    NotAtJwt,
    /// The token is a logout token.
    #[error("it is a logout token")]
    Logout,
    /// The token is a refresh token.
    #[error("it is a refresh token")]
    Refresh,
    /// The token is an ID token.
    #[error("it is an ID token, and only access tokens are accepted")]
    Id,
    /// Nothing in the token says that it is an access token.
    #[error("nothing in it says that it is an access token, so it may be an ID token")]
    Unmarked,
}

/// The claims that only ID tokens have.
const OF_ID_TOKENS: [&str; 4] = ["nonce", "at_hash", "c_hash", "s_hash"];

/// The claims that only access tokens have.
const OF_ACCESS_TOKENS: [&str; 5] = ["scope", "scp", "client_id", "cid", "appid"];

/// Returns the kind of a verified token from the type in its header and from its claims.
///
/// # Errors
///
/// Fails if tokens of its kind are not accepted.
pub(crate) fn kind(
    header_type: Option<&str>,
    claims: &Object,
    provider: &Provider,
) -> Result<TokenKind, KindFault> {
    let typed = is_at_jwt(header_type)?;
    let stated = |claim: &str| {
        claims
            .get(claim)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let has = |names: &[&str]| names.iter().any(|name| claims.contains_key(*name));
    let (typ, token_use) = (stated("typ"), stated("token_use"));
    if claims.contains_key("events") || typ.eq_ignore_ascii_case("logout") {
        return Err(KindFault::Logout);
    }
    let refreshes = ["refresh", "offline", "refresh_token"];
    if [typ, token_use]
        .iter()
        .any(|kind| refreshes.contains(&kind.to_ascii_lowercase().as_str()))
    {
        return Err(KindFault::Refresh);
    }
    if typed {
        return Ok(TokenKind::Access);
    }
    if provider.require_at_jwt {
        return Err(KindFault::NotAtJwt);
    }
    if typ.eq_ignore_ascii_case("bearer") || token_use == "access" {
        return Ok(TokenKind::Access);
    }
    let is_id = typ.eq_ignore_ascii_case("id") || token_use == "id" || has(&OF_ID_TOKENS);
    match (is_id, has(&OF_ACCESS_TOKENS), provider.accept_id_tokens) {
        (false, true, _) => Ok(TokenKind::Access),
        (_, _, true) => Ok(TokenKind::Id),
        (true, _, false) => Err(KindFault::Id),
        (false, false, false) => Err(KindFault::Unmarked),
    }
}

/// Whether the header states the type of access tokens. `JWT` or no type says nothing.
fn is_at_jwt(header_type: Option<&str>) -> Result<bool, KindFault> {
    let stated = header_type.map(str::to_ascii_lowercase);
    let stated = stated.as_deref().unwrap_or("jwt");
    match stated.strip_prefix("application/").unwrap_or(stated) {
        "at+jwt" => Ok(true),
        "jwt" => Ok(false),
        "logout+jwt" => Err(KindFault::Logout),
        _ => Err(KindFault::OtherType),
    }
}

impl KindFault {
    /// Returns what to do next.
    pub const fn remedy(self) -> Remedy {
        match self {
            Self::OtherType | Self::Logout | Self::Refresh => {
                Remedy::Client("send the access token, not another token of the provider")
            }
            Self::NotAtJwt => Remedy::Setting(
                Setting::RequireAtJwt,
                "switch it off, or let the provider issue access tokens by RFC 9068",
            ),
            Self::Id => Remedy::Setting(
                Setting::AcceptIdTokens,
                "set it only if the access tokens of the provider are ID tokens, as with Dex; otherwise send the access token",
            ),
            Self::Unmarked => Remedy::Setting(
                Setting::AcceptIdTokens,
                "set it, or let the provider put `scope` or `client_id` into access tokens",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::provider::ProviderSettings;

    fn found(
        header_type: Option<&str>,
        claims: &Value,
        accept_id_tokens: bool,
    ) -> Result<TokenKind, KindFault> {
        let settings = ProviderSettings {
            accept_id_tokens,
            ..ProviderSettings::new("https://id.example.com", "waxapi")
        };
        kind(
            header_type,
            claims.as_object().unwrap(),
            &Provider::new(settings).unwrap(),
        )
    }

    #[rstest]
    #[case::at_jwt(Some("at+jwt"), json!({}))]
    #[case::media_type(Some("application/at+jwt"), json!({}))]
    #[case::letter_case(Some("AT+JWT"), json!({"nonce": "x"}))]
    #[case::keycloak(Some("JWT"), json!({"typ": "Bearer", "nonce": "x", "azp": "waxapi"}))]
    #[case::cognito(None, json!({"token_use": "access", "client_id": "x"}))]
    #[case::okta(None, json!({"scp": ["openid"], "cid": "x"}))]
    #[case::entra(Some("JWT"), json!({"scp": "a", "appid": "x"}))]
    #[case::auth0(Some("JWT"), json!({"scope": "openid", "azp": "x"}))]
    fn access_token_is_accepted(#[case] header_type: Option<&str>, #[case] claims: Value) {
        assert_eq!(found(header_type, &claims, false), Ok(TokenKind::Access));
        assert_eq!(found(header_type, &claims, true), Ok(TokenKind::Access));
    }

    #[rstest]
    #[case::keycloak(json!({"typ": "ID", "azp": "waxapi"}), KindFault::Id)]
    #[case::cognito(json!({"token_use": "id"}), KindFault::Id)]
    #[case::nonce(json!({"nonce": "x", "scope": "openid"}), KindFault::Id)]
    #[case::dex(json!({"at_hash": "x", "email": "a@b.c"}), KindFault::Id)]
    #[case::nothing(json!({"azp": "waxapi"}), KindFault::Unmarked)]
    fn id_token_is_accepted_only_if_allowed(#[case] claims: Value, #[case] fault: KindFault) {
        assert_eq!(found(Some("JWT"), &claims, false), Err(fault));
        assert_eq!(found(Some("JWT"), &claims, true), Ok(TokenKind::Id));
    }

    #[rstest]
    #[case::logout(Some("logout+jwt"), json!({}), KindFault::Logout)]
    #[case::event(Some("JWT"), json!({"events": {}, "scope": "a"}), KindFault::Logout)]
    #[case::event_in_access_token(Some("at+jwt"), json!({"events": {}}), KindFault::Logout)]
    #[case::keycloak_logout(None, json!({"typ": "Logout"}), KindFault::Logout)]
    #[case::keycloak_refresh(Some("JWT"), json!({"typ": "Refresh", "scope": "a"}), KindFault::Refresh)]
    #[case::keycloak_offline(Some("JWT"), json!({"typ": "Offline", "scope": "a"}), KindFault::Refresh)]
    #[case::refresh_use(Some("at+jwt"), json!({"token_use": "refresh"}), KindFault::Refresh)]
    #[case::proof(Some("dpop+jwt"), json!({"scope": "a"}), KindFault::OtherType)]
    #[case::assertion(Some("client-authentication+jwt"), json!({}), KindFault::OtherType)]
    #[case::empty(Some(""), json!({"scope": "a"}), KindFault::OtherType)]
    fn other_token_is_always_refused(
        #[case] header_type: Option<&str>,
        #[case] claims: Value,
        #[case] fault: KindFault,
    ) {
        assert_eq!(found(header_type, &claims, false), Err(fault));
        assert_eq!(found(header_type, &claims, true), Err(fault));
    }

    #[test]
    fn plain_token_is_refused_where_type_is_required() {
        let settings = ProviderSettings {
            require_at_jwt: true,
            ..ProviderSettings::new("https://id.example.com", "waxapi")
        };
        let provider = Provider::new(settings).unwrap();
        let claims = json!({"scope": "openid"});
        let claims = claims.as_object().unwrap();
        assert_eq!(
            kind(Some("JWT"), claims, &provider),
            Err(KindFault::NotAtJwt)
        );
        assert_eq!(
            kind(Some("at+jwt"), claims, &provider),
            Ok(TokenKind::Access)
        );
    }
}
