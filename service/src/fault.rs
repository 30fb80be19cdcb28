//! The reason why a provider is of no use just now. It is never the fault of a token.

use std::fmt::{self, Display, Formatter};

use thiserror::Error;

use crate::client::FetchFault;
use crate::discovery::DiscoveryFault;
use crate::json::JsonFault;
use crate::jwk::KeySetFault;
use crate::remedy::{Remedy, Setting};

/// A document that a provider is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The discovery document.
    Discovery,
    /// The keys.
    Keys,
    /// What the provider says about a token.
    Introspection,
    /// What the provider says about the user of a token.
    Userinfo,
}

impl Display for Document {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discovery => "discovery document",
            Self::Keys => "keys",
            Self::Introspection => "introspection",
            Self::Userinfo => "userinfo",
        })
    }
}

/// The reason why a provider is of no use just now.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProviderFault {
    /// The provider was not asked yet.
    #[error("the keys of the provider were not fetched yet")]
    NotAsked,
    /// A document could not be fetched.
    #[error("the {document} of the provider cannot be fetched: {fault}")]
    Fetch {
        /// The document.
        document: Document,
        /// The reason.
        fault: FetchFault,
    },
    /// The discovery document is refused.
    #[error("the discovery document of the provider is refused: {0}")]
    Discovery(DiscoveryFault),
    /// The keys are refused.
    #[error("the keys of the provider are refused: {0}")]
    Keys(KeySetFault),
    /// An answer about a token is not the JSON that it should be.
    #[error("the {document} of the provider is refused: {fault}")]
    Answer {
        /// The document.
        document: Document,
        /// The reason.
        fault: JsonFault,
    },
    /// The provider refuses our own credentials.
    #[error("the provider refuses the client for introspection (status {0})")]
    Credentials(u16),
    /// Too many requests wait for the provider.
    #[error("too many requests wait for an answer of the provider")]
    Busy,
}

impl ProviderFault {
    /// Returns what to do next.
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Fetch { fault, .. } => fault.remedy(),
            Self::Discovery(fault) => fault.remedy(),
            Self::Keys(fault) => fault.remedy(),
            Self::Answer { .. } => Remedy::Provider(
                "answer introspection and userinfo with unsigned JSON, which this client can read",
            ),
            Self::Credentials(_) => Remedy::Setting(
                Setting::ClientSecret,
                "write the secret of the client that `--oidc-client-id` names, and allow it to introspect",
            ),
            Self::NotAsked | Self::Busy => Remedy::Client("try again in a few seconds"),
        }
    }
}
