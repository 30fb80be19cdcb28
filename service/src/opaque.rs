//! Answers of a provider about tokens that are not signed (RFC 7662), and about the user of a token.
//!
//! An introspection endpoint also confirms refresh tokens, and tokens for other services. So the answer has to say
//! `Bearer`, and to name us: as audience, or without any audience as the client that the token was issued to.

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use crate::claims::{self, ClaimFault};
use crate::json::Object;
use crate::provider::Provider;
use crate::remedy::{Remedy, Setting};

/// The size that an answer may have, in bytes.
pub(crate) const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// The reason why the answer of a provider does not let a token in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AnswerFault {
    /// The settings refuse tokens that are not signed.
    #[error("it is not signed, and such tokens are not accepted")]
    NotAccepted,
    /// The provider cannot be asked about tokens.
    #[error("it is not signed, and the provider has no introspection endpoint")]
    NoIntrospection,
    /// We have no secret to ask with.
    #[error("it is not signed, and there is no client secret to ask the provider with")]
    NoSecret,
    /// The provider does not know the token, or it has ended.
    #[error("the provider says that it is not active")]
    Inactive,
    /// The provider does not say that the token is an access token.
    #[error("the provider does not say that it is a bearer token, so it may be a refresh token")]
    NotBearer,
    /// The claims of the answer are refused.
    #[error(transparent)]
    Claims(#[from] ClaimFault),
    /// The userinfo endpoint refuses the token.
    #[error(
        "the userinfo endpoint refuses it (status {0}), so groups or user name are not delivered"
    )]
    Userinfo(u16),
    /// The userinfo endpoint describes another user.
    #[error("the userinfo endpoint answers for another subject")]
    OtherSubject,
    /// The provider has left out the groups because there are too many.
    #[error("groups not delivered: the provider has left them out because the user has too many")]
    GroupsElsewhere,
}

/// What a confirmed token says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Confirmed {
    pub(crate) subject: String,
    pub(crate) expires: Option<Timestamp>,
}

/// Checks the answer of an introspection endpoint.
///
/// # Errors
///
/// Returns the first reason why the token does not count here and now.
pub(crate) fn check(
    claims: &Object,
    provider: &Provider,
    now: Timestamp,
) -> Result<Confirmed, AnswerFault> {
    if claims.get("active") != Some(&Value::Bool(true)) {
        return Err(AnswerFault::Inactive);
    }
    let stated = |claim: &str| {
        claims
            .get(claim)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let refreshes = ["refresh", "offline", "refresh_token"];
    let is_refresh = |claim: &str| {
        refreshes
            .iter()
            .any(|kind| stated(claim).eq_ignore_ascii_case(kind))
    };
    if !stated("token_type").eq_ignore_ascii_case("bearer")
        || is_refresh("typ")
        || is_refresh("token_use")
    {
        return Err(AnswerFault::NotBearer);
    }
    if claims.contains_key("iss") {
        claims::check_issuer(claims, provider)?;
    }
    match claims.contains_key("aud") {
        true => claims::check_audience(claims, provider)?,
        false => check_client(stated("client_id"), provider)?,
    }
    let subject = claims::subject(claims)?;
    let expires = claims::time(claims, "exp")?;
    claims::check_times(
        claims,
        expires.unwrap_or(Timestamp::MAX),
        provider.leeway,
        now,
    )?;
    Ok(Confirmed { subject, expires })
}

/// Checks the client of a token without an audience.
fn check_client(client: &str, provider: &Provider) -> Result<(), ClaimFault> {
    match provider.audiences.iter().any(|own| own == client) {
        true => Ok(()),
        false => Err(claims::other_audience(&[], provider)),
    }
}

impl AnswerFault {
    /// Returns what to do next.
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::NotAccepted => Remedy::Setting(
                Setting::OpaqueTokens,
                "set it to `introspect`, or let the provider issue signed access tokens (JWT)",
            ),
            Self::NoIntrospection => Remedy::Provider(
                "enable introspection, or issue signed access tokens (JWT), for which some providers want an audience in the request",
            ),
            Self::NoSecret => Remedy::Setting(
                Setting::ClientSecret,
                "name the file with the secret of the client, or let the provider issue signed access tokens (JWT)",
            ),
            Self::Inactive => Remedy::Client("get a new access token"),
            Self::NotBearer => Remedy::Client("send the access token, not the refresh token"),
            Self::Claims(fault) => fault.remedy(),
            Self::Userinfo(_) => Remedy::Setting(
                Setting::ClaimsFrom,
                "set it to `token` if tokens contain all claims; otherwise request the scope `openid`",
            ),
            Self::OtherSubject => Remedy::Provider("let tokens and userinfo state the same `sub`"),
            Self::GroupsElsewhere => Remedy::Provider(
                "put only the groups into the token that are assigned to this application, or use application roles",
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

    const NOW: i64 = 1_800_000_000;

    /// Checks the answer about a valid token with other claims; null removes a claim.
    fn found(changes: &Value) -> Result<Confirmed, AnswerFault> {
        let settings = ProviderSettings::new("https://id.example.com", "waxapi");
        let valid = json!({
            "active": true, "token_type": "Bearer", "sub": "u", "client_id": "waxapi", "exp": NOW + 300,
        });
        let mut claims = valid.as_object().unwrap().clone();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.remove(name)),
                value => drop(claims.insert(name.clone(), value.clone())),
            }
        }
        let now = Timestamp::from_second(NOW).unwrap();
        check(&claims, &Provider::new(settings).unwrap(), now)
    }

    #[rstest]
    #[case::without_audience(json!({}))]
    #[case::audience(json!({"aud": ["waxapi"], "client_id": "other"}))]
    #[case::issuer(json!({"iss": "https://id.example.com"}))]
    #[case::lower_case(json!({"token_type": "bearer"}))]
    #[case::no_expiry(json!({"exp": null}))]
    fn confirmed_token_is_accepted(#[case] changes: Value) {
        assert_eq!(
            found(&changes).map(|confirmed| confirmed.subject),
            Ok("u".to_owned())
        );
    }

    #[rstest]
    #[case::inactive(json!({"active": false}), AnswerFault::Inactive)]
    #[case::active_as_text(json!({"active": "true"}), AnswerFault::Inactive)]
    #[case::nothing(json!({"active": null}), AnswerFault::Inactive)]
    #[case::no_type(json!({"token_type": null}), AnswerFault::NotBearer)]
    #[case::bound_to_a_key(json!({"token_type": "DPoP"}), AnswerFault::NotBearer)]
    #[case::refresh(json!({"token_use": "refresh_token"}), AnswerFault::NotBearer)]
    #[case::keycloak_refresh(json!({"typ": "Refresh"}), AnswerFault::NotBearer)]
    #[case::no_subject(json!({"sub": null}), AnswerFault::Claims(ClaimFault::Subject))]
    #[case::audience_as_number(json!({"aud": 1}), AnswerFault::Claims(ClaimFault::Audience))]
    #[case::expired(json!({"exp": NOW - 60}), AnswerFault::Claims(ClaimFault::Expired))]
    #[case::expiry_as_text(json!({"exp": "never"}), AnswerFault::Claims(ClaimFault::Time("exp")))]
    #[case::not_yet(json!({"nbf": NOW + 61}), AnswerFault::Claims(ClaimFault::NotYet))]
    fn unconfirmed_token_is_refused(#[case] changes: Value, #[case] fault: AnswerFault) {
        assert_eq!(found(&changes), Err(fault));
    }

    #[rstest]
    #[case::other_client(json!({"client_id": "sibling"}))]
    #[case::no_client(json!({"client_id": null}))]
    #[case::other_audience(json!({"aud": "sibling"}))]
    #[case::other_issuer(json!({"iss": "https://evil.example.com"}))]
    fn token_for_others_is_refused(#[case] changes: Value) {
        let fault = found(&changes).unwrap_err();
        let expected = matches!(
            fault,
            AnswerFault::Claims(ClaimFault::OtherAudience { .. } | ClaimFault::OtherIssuer { .. })
        );
        assert!(expected, "{fault}");
    }
}
