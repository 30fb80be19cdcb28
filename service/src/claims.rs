//! The claims that say whether a token counts here and now: issuer, audience, subject and times.
//!
//! A claim of another type than the standard gives it is a fault, never a claim that is absent. Begin reading with
//! `check`.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use thiserror::Error;

use crate::json::Object;
use crate::provider::{AudiencePolicy, Provider};
use crate::remedy::{Remedy, Setting};

/// The length that a subject may have, in bytes.
const MAX_SUBJECT_BYTES: usize = 255;

/// The greatest time that a token may state, in seconds: the year 9999.
const MAX_SECONDS: f64 = 253_402_207_199.0;

/// The parts of a foreign audience or issuer that are shown: entries, and characters of each.
const SHOWN: (usize, usize) = (3, 100);

/// The reason why claims are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClaimFault {
    /// The issuer is absent, or no text.
    #[error("the claim `iss` is not one text")]
    Issuer,
    /// The issuer is another one.
    #[error("the issuer is {found:?}, and the configured one is {configured:?}")]
    OtherIssuer {
        /// The configured issuer.
        configured: String,
        /// The beginning of the issuer in the token.
        found: String,
    },
    /// The audience is absent, or of another type.
    #[error("the claim `aud` is neither a text nor a list of texts")]
    Audience,
    /// The token is for somebody else.
    #[error("the audience is {found:?}, and one of {accepted:?} is required")]
    OtherAudience {
        /// The configured audiences.
        accepted: Vec<String>,
        /// The beginning of those in the token.
        found: Vec<String>,
    },
    /// The subject is absent, empty, or too long.
    #[error("the claim `sub` is not a text of 1 to {MAX_SUBJECT_BYTES} bytes")]
    Subject,
    /// A time is absent or no number in range.
    #[error("the claim `{0}` is not a time in seconds")]
    Time(&'static str),
    /// The token has expired.
    #[error("the token has expired")]
    Expired,
    /// The token is not valid yet.
    #[error("the token is not valid yet (`nbf`)")]
    NotYet,
    /// The token was issued in the future.
    #[error("the token was issued in the future (`iat`)")]
    IssuedLater,
}

/// What the claims of a valid token say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) subject: String,
    pub(crate) expires: Timestamp,
}

/// Checks the claims of a verified token.
///
/// # Errors
///
/// Returns the first reason why the token does not count here and now.
pub(crate) fn check(
    claims: &Object,
    provider: &Provider,
    now: Timestamp,
) -> Result<Validity, ClaimFault> {
    check_issuer(claims, provider)?;
    check_audience(claims, provider)?;
    let subject = subject(claims)?;
    let expires = time(claims, "exp")?.ok_or(ClaimFault::Time("exp"))?;
    check_times(claims, expires, provider.leeway, now)?;
    Ok(Validity { subject, expires })
}

/// Checks that the issuer is the configured one, byte for byte.
pub(crate) fn check_issuer(claims: &Object, provider: &Provider) -> Result<(), ClaimFault> {
    let configured = provider.issuer.as_str();
    let found = claims.get("iss").and_then(Value::as_str);
    let found = found.ok_or(ClaimFault::Issuer)?;
    match found == configured {
        true => Ok(()),
        false => Err(ClaimFault::OtherIssuer {
            configured: configured.to_owned(),
            found: shown(found),
        }),
    }
}

/// Checks that the token is for us.
pub(crate) fn check_audience(claims: &Object, provider: &Provider) -> Result<(), ClaimFault> {
    let found = audiences(claims)?;
    let accepted = |name: &str| provider.audiences.iter().any(|own| own == name);
    let to_client = || {
        let clients = ["azp", "client_id"]
            .iter()
            .filter_map(|claim| claims.get(*claim));
        clients.filter_map(Value::as_str).any(accepted)
    };
    let counts = provider.audience_policy == AudiencePolicy::AudienceOrClient && to_client();
    match counts || found.iter().any(|name| accepted(name)) {
        true => Ok(()),
        false => Err(other_audience(&found, provider)),
    }
}

/// Returns the fault of a token that is for these.
pub(crate) fn other_audience(found: &[&str], provider: &Provider) -> ClaimFault {
    ClaimFault::OtherAudience {
        accepted: provider.audiences.clone(),
        found: found.iter().take(SHOWN.0).map(|name| shown(name)).collect(),
    }
}

fn audiences(claims: &Object) -> Result<Vec<&str>, ClaimFault> {
    match claims.get("aud") {
        Some(Value::String(name)) => Ok(vec![name.as_str()]),
        Some(Value::Array(names)) if !names.is_empty() => {
            let names = names.iter().map(Value::as_str);
            names.collect::<Option<_>>().ok_or(ClaimFault::Audience)
        }
        _ => Err(ClaimFault::Audience),
    }
}

/// Returns the subject.
pub(crate) fn subject(claims: &Object) -> Result<String, ClaimFault> {
    let subject = claims.get("sub").and_then(Value::as_str);
    match subject {
        Some(subject) if (1..=MAX_SUBJECT_BYTES).contains(&subject.len()) => Ok(subject.to_owned()),
        _ => Err(ClaimFault::Subject),
    }
}

/// Checks the times of a token. At the moment of expiry plus leeway it has expired.
pub(crate) fn check_times(
    claims: &Object,
    expires: Timestamp,
    leeway: SignedDuration,
    now: Timestamp,
) -> Result<(), ClaimFault> {
    let ahead = |time: Timestamp| time.duration_since(now) > leeway;
    if now.duration_since(expires) >= leeway {
        return Err(ClaimFault::Expired);
    }
    if time(claims, "nbf")?.is_some_and(ahead) {
        return Err(ClaimFault::NotYet);
    }
    if time(claims, "iat")?.is_some_and(ahead) {
        return Err(ClaimFault::IssuedLater);
    }
    Ok(())
}

/// Returns a time; parts of a second are kept to the millisecond.
pub(crate) fn time(claims: &Object, name: &'static str) -> Result<Option<Timestamp>, ClaimFault> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value
        .as_f64()
        .filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds));
    let seconds = seconds.ok_or(ClaimFault::Time(name))?;
    let milliseconds = (seconds * 1000.0).floor() as i64;
    match Timestamp::from_millisecond(milliseconds) {
        Ok(time) => Ok(Some(time)),
        Err(_) => Err(ClaimFault::Time(name)),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN.1).collect()
}

impl ClaimFault {
    /// Returns what to do next.
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::OtherIssuer { .. } => Remedy::Setting(
                Setting::Issuer,
                "write the issuer exactly as tokens state it, also the slash at its end",
            ),
            Self::Audience | Self::OtherAudience { .. } => Remedy::Setting(
                Setting::Audience,
                "name an audience of the tokens, or add this one at the provider, in Keycloak with an audience mapper",
            ),
            Self::Expired => Remedy::Client("get a new token"),
            Self::NotYet | Self::IssuedLater => Remedy::Setting(
                Setting::Leeway,
                "correct the clocks of the provider and of this server; the leeway is for small differences",
            ),
            Self::Issuer | Self::Subject | Self::Time(_) => {
                Remedy::Provider("issue tokens with the claims `iss`, `sub`, `aud` and `exp`")
            }
        }
    }
}

#[cfg(test)]
mod tests;
