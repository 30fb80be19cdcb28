//! The settings of one provider, read once into values that cannot be wrong.
//!
//! [`Provider::new`] names all faults of the settings at once. After it, nothing checks a setting again.

use std::fmt::{self, Display, Formatter};

use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::algorithm::{Algorithm, AlgorithmFault};
use crate::endpoint::{Endpoint, EndpointFault};
use crate::mapping::{self, Mapping, NameFlaw};
use crate::remedy::Setting;

/// The greatest difference between clocks that may be tolerated, in seconds.
pub const MAX_LEEWAY_SECONDS: u32 = 120;

/// The difference between clocks that is tolerated by default, in seconds.
const DEFAULT_LEEWAY_SECONDS: u32 = 60;

/// The length that the text of a setting may have, in bytes.
const MAX_TEXT_BYTES: usize = 512;

/// The settings as they are given. Empty texts and lists are settings that are not set.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// The issuer, exactly as the provider writes it.
    pub issuer: String,
    /// The client id that the provider knows us by.
    pub client_id: String,
    /// The secret of the client, for introspection.
    pub client_secret: Option<SecretString>,
    /// The audiences of which a token must name one; the client id if there are none.
    pub audiences: Vec<String>,
    /// Whether the client that a token was issued to counts as its audience.
    pub audience_policy: AudiencePolicy,
    /// The names of the accepted algorithms; all but ES512 if there are none.
    pub algorithms: Vec<String>,
    /// The tolerated difference between the clocks, in seconds.
    pub leeway_seconds: u32,
    /// Whether the header of a token must state the type `at+jwt`.
    pub require_at_jwt: bool,
    /// Whether ID tokens are accepted.
    pub accept_id_tokens: bool,
    /// The way to verify tokens that are not signed.
    pub opaque_tokens: OpaqueTokens,
    /// The place of the claims that become names.
    pub claims_from: ClaimsFrom,
    /// The claim with the user name.
    pub username_claim: String,
    /// The text before each user name; `-` for none.
    pub username_prefix: String,
    /// The claim with the groups.
    pub groups_claim: String,
    /// The text before each group.
    pub groups_prefix: String,
}

/// What counts as the audience of a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AudiencePolicy {
    /// The claim `aud` only.
    #[default]
    Strict,
    /// Also the client that the token was issued to: `azp` or `client_id`.
    AudienceOrClient,
}

/// The way to verify tokens that are not signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OpaqueTokens {
    /// They are refused.
    Refuse,
    /// The introspection endpoint is asked. It says for whom the token is.
    #[default]
    Introspect,
    /// The userinfo endpoint is asked if introspection is not possible. It does not say for whom the token is, so a
    /// token for any other client of the provider is accepted, too.
    IntrospectOrUserinfo,
}

/// The place of the claims that become names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClaimsFrom {
    /// The token only.
    Token,
    /// The token, and the userinfo endpoint for claims that the token lacks.
    #[default]
    TokenThenUserinfo,
}

impl ProviderSettings {
    /// Returns the settings with all defaults.
    pub fn new(issuer: &str, client_id: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: None,
            audiences: Vec::new(),
            audience_policy: AudiencePolicy::default(),
            algorithms: Vec::new(),
            leeway_seconds: DEFAULT_LEEWAY_SECONDS,
            require_at_jwt: false,
            accept_id_tokens: false,
            opaque_tokens: OpaqueTokens::default(),
            claims_from: ClaimsFrom::default(),
            username_claim: String::new(),
            username_prefix: String::new(),
            groups_claim: String::new(),
            groups_prefix: String::new(),
        }
    }
}

/// One provider, with valid settings.
#[derive(Clone, Debug)]
pub struct Provider {
    pub(crate) issuer: Issuer,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<SecretString>,
    pub(crate) audiences: Vec<String>,
    pub(crate) audience_policy: AudiencePolicy,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) leeway: SignedDuration,
    pub(crate) require_at_jwt: bool,
    pub(crate) accept_id_tokens: bool,
    pub(crate) opaque_tokens: OpaqueTokens,
    pub(crate) claims_from: ClaimsFrom,
    pub(crate) mapping: Mapping,
}

/// The issuer of a provider: the exact text, and the URL of its discovery document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    discovery: Endpoint,
}

/// One fault of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingFault {
    /// The setting.
    pub setting: Setting,
    /// The reason why its value is refused.
    pub reason: SettingReason,
}

/// The reason why the value of a setting is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SettingReason {
    /// The setting is required.
    #[error("it is required, and not set")]
    Missing,
    /// One of its values is empty.
    #[error("one of its values is empty")]
    Empty,
    /// The value exceeds its limit.
    #[error("it is longer than {MAX_TEXT_BYTES} bytes")]
    TooLong,
    /// The value contains control characters.
    #[error("it contains control characters")]
    Control,
    /// The issuer is no URL that may be asked.
    #[error(transparent)]
    Endpoint(EndpointFault),
    /// The issuer has a query.
    #[error("it contains a query, which an issuer cannot have")]
    Query,
    /// The algorithm is not accepted.
    #[error(transparent)]
    Algorithm(AlgorithmFault),
    /// The leeway exceeds its limit.
    #[error("it is longer than {MAX_LEEWAY_SECONDS} seconds")]
    Leeway,
    /// The prefix would make names that are refused.
    #[error("a name with this prefix {0}")]
    Prefix(NameFlaw),
}

/// All faults of the settings. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct SettingFaults(Vec<SettingFault>);

impl SettingFaults {
    /// Returns the faults, in the order of the settings.
    pub fn faults(&self) -> &[SettingFault] {
        &self.0
    }
}

impl Display for SettingFaults {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("the settings of the OpenID Connect provider are not valid")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n{fault}"))
    }
}

impl Display for SettingFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.setting, self.reason)
    }
}

impl Issuer {
    /// Reads an issuer.
    ///
    /// # Errors
    ///
    /// Returns the first reason why it cannot be one.
    pub fn parse(text: &str) -> Result<Self, SettingReason> {
        let endpoint = Endpoint::parse(text).map_err(SettingReason::Endpoint)?;
        if endpoint.has_query() {
            return Err(SettingReason::Query);
        }
        // OpenID Connect Discovery, section 4: a slash at the end is removed before the path is added.
        let base = text.strip_suffix('/').unwrap_or(text);
        let discovery = format!("{base}/.well-known/openid-configuration");
        let discovery = Endpoint::parse(&discovery).map_err(SettingReason::Endpoint)?;
        Ok(Self {
            text: text.to_owned(),
            discovery,
        })
    }

    /// Returns the issuer as the provider writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the URL of the discovery document.
    pub(crate) fn discovery(&self) -> &Endpoint {
        &self.discovery
    }
}

impl Provider {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// Returns all faults of the settings.
    pub fn new(settings: ProviderSettings) -> Result<Self, SettingFaults> {
        let mut faults = Faults::default();
        let issuer = faults.issuer(&settings.issuer);
        faults.required(Setting::ClientId, &settings.client_id);
        if let Some(secret) = &settings.client_secret {
            faults.required(Setting::ClientSecret, secret.expose_secret());
        }
        faults.list(Setting::Audience, &settings.audiences);
        let algorithms = faults.algorithms(&settings.algorithms);
        if settings.leeway_seconds > MAX_LEEWAY_SECONDS {
            faults.add(Setting::Leeway, SettingReason::Leeway);
        }
        faults.text(Setting::UsernameClaim, &settings.username_claim);
        faults.prefix(Setting::UsernamePrefix, &settings.username_prefix);
        faults.text(Setting::GroupsClaim, &settings.groups_claim);
        faults.prefix(Setting::GroupsPrefix, &settings.groups_prefix);
        let (Some(issuer), true) = (issuer, faults.0.is_empty()) else {
            return Err(SettingFaults(faults.0));
        };
        let mapping = Mapping::new(
            issuer.as_str(),
            (&settings.username_claim, &settings.username_prefix),
            (&settings.groups_claim, &settings.groups_prefix),
        );
        let audiences = match settings.audiences.is_empty() {
            true => vec![settings.client_id.clone()],
            false => settings.audiences,
        };
        Ok(Self {
            issuer,
            client_id: settings.client_id,
            client_secret: settings.client_secret,
            audiences,
            audience_policy: settings.audience_policy,
            algorithms,
            leeway: SignedDuration::from_secs(i64::from(settings.leeway_seconds)),
            require_at_jwt: settings.require_at_jwt,
            accept_id_tokens: settings.accept_id_tokens,
            opaque_tokens: settings.opaque_tokens,
            claims_from: settings.claims_from,
            mapping,
        })
    }

    /// Returns the issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }
}

/// The faults found so far.
#[derive(Default)]
struct Faults(Vec<SettingFault>);

impl Faults {
    fn add(&mut self, setting: Setting, reason: SettingReason) {
        self.0.push(SettingFault { setting, reason });
    }

    fn issuer(&mut self, text: &str) -> Option<Issuer> {
        if text.is_empty() {
            self.add(Setting::Issuer, SettingReason::Missing);
            return None;
        }
        match Issuer::parse(text) {
            Ok(issuer) => Some(issuer),
            Err(reason) => {
                self.add(Setting::Issuer, reason);
                None
            }
        }
    }

    fn required(&mut self, setting: Setting, text: &str) {
        match text {
            "" => self.add(setting, SettingReason::Missing),
            _ => self.text(setting, text),
        }
    }

    fn text(&mut self, setting: Setting, text: &str) {
        if text.len() > MAX_TEXT_BYTES {
            self.add(setting, SettingReason::TooLong);
        } else if text.contains(char::is_control) {
            self.add(setting, SettingReason::Control);
        }
    }

    fn list(&mut self, setting: Setting, texts: &[String]) {
        for text in texts {
            match text.as_str() {
                "" => self.add(setting, SettingReason::Empty),
                text => self.text(setting, text),
            }
        }
    }

    fn algorithms(&mut self, names: &[String]) -> Vec<Algorithm> {
        if names.is_empty() {
            let common = |algorithm: &Algorithm| *algorithm != Algorithm::Es512;
            return Algorithm::ALL.into_iter().filter(common).collect();
        }
        let mut algorithms = Vec::new();
        for name in names {
            match Algorithm::parse(name) {
                Ok(algorithm) => algorithms.push(algorithm),
                Err(fault) => self.add(Setting::Algorithms, SettingReason::Algorithm(fault)),
            }
        }
        algorithms
    }

    fn prefix(&mut self, setting: Setting, prefix: &str) {
        if let Some(flaw) = mapping::flaw(prefix) {
            self.add(setting, SettingReason::Prefix(flaw));
        }
    }
}

#[cfg(test)]
mod tests;
