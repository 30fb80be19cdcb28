//! The settings of a provider by the names of their flags, and what to do next about a fault.
//!
//! Each kind of fault of this crate has a method `remedy`. A server shows it beside the fault, and its sign-in
//! diagnosis lists it.

use std::fmt::{self, Display, Formatter};

/// A setting of our servers, shown as its flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    /// The issuer, exactly as the provider writes it.
    Issuer,
    /// The client id that the provider knows us by.
    ClientId,
    /// The secret of the client, for introspection.
    ClientSecret,
    /// The certificates to trust instead of the public ones.
    CaFile,
    /// The audiences of which a token must name one.
    Audience,
    /// Whether the client that a token was issued to counts as its audience.
    AudiencePolicy,
    /// The signature algorithms that are accepted.
    Algorithms,
    /// The tolerated difference between the clocks.
    Leeway,
    /// Whether the header of a token must state the type `at+jwt`.
    RequireAtJwt,
    /// Whether ID tokens are accepted.
    AcceptIdTokens,
    /// The way to verify tokens that are not signed.
    OpaqueTokens,
    /// Whether the userinfo endpoint is asked for claims that the token lacks.
    ClaimsFrom,
    /// The claim with the user name.
    UsernameClaim,
    /// The text before each user name.
    UsernamePrefix,
    /// The claim with the groups.
    GroupsClaim,
    /// The text before each group.
    GroupsPrefix,
}

impl Setting {
    /// Returns the flag of the setting.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Issuer => "--oidc-issuer",
            Self::ClientId => "--oidc-client-id",
            Self::ClientSecret => "--oidc-client-secret-file",
            Self::CaFile => "--oidc-ca-file",
            Self::Audience => "--audience",
            Self::AudiencePolicy => "--audience-policy",
            Self::Algorithms => "--signing-algorithms",
            Self::Leeway => "--clock-leeway",
            Self::RequireAtJwt => "--require-at-jwt",
            Self::AcceptIdTokens => "--accept-id-tokens",
            Self::OpaqueTokens => "--opaque-tokens",
            Self::ClaimsFrom => "--claims-from",
            Self::UsernameClaim => "--username-claim",
            Self::UsernamePrefix => "--username-prefix",
            Self::GroupsClaim => "--groups-claim",
            Self::GroupsPrefix => "--groups-prefix",
        }
    }
}

impl Display for Setting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.flag())
    }
}

/// The next thing to do about a fault, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The operator of the server changes this setting.
    Setting(Setting, &'static str),
    /// The operator of the provider changes this there.
    Provider(&'static str),
    /// The client that sent the request does this.
    Client(&'static str),
}

impl Remedy {
    /// Returns the setting to change, if the remedy is one of ours.
    pub const fn setting(self) -> Option<Setting> {
        match self {
            Self::Setting(setting, _) => Some(setting),
            Self::Provider(_) | Self::Client(_) => None,
        }
    }
}

impl Display for Remedy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(setting, advice) => write!(f, "`{setting}`: {advice}"),
            Self::Provider(advice) => write!(f, "at the provider: {advice}"),
            Self::Client(advice) => write!(f, "in the client: {advice}"),
        }
    }
}
