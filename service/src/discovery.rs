//! The discovery document of a provider: its endpoints, read from bytes.
//!
//! The issuer in it must be the configured one, byte for byte: a document of another issuer would bring other keys.

use serde_json::Value;
use thiserror::Error;

use crate::endpoint::{Endpoint, EndpointFault};
use crate::json::{self, JsonFault, Object};
use crate::provider::Issuer;
use crate::remedy::{Remedy, Setting};

/// The size that a discovery document may have, in bytes.
pub const MAX_DISCOVERY_BYTES: usize = 256 * 1024;

/// The part of another issuer that is shown, in characters.
const SHOWN: usize = 200;

/// The endpoints of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    pub(crate) keys: Endpoint,
    pub(crate) introspection: Option<Introspection>,
    pub(crate) userinfo: Option<Endpoint>,
}

/// The introspection endpoint of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Introspection {
    pub(crate) endpoint: Endpoint,
    pub(crate) authentication: ClientAuthentication,
}

/// The way to authenticate as a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuthentication {
    /// Client id and secret in the header `Authorization`.
    Basic,
    /// Client id and secret in the body.
    Post,
}

/// The reason why a discovery document is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DiscoveryFault {
    /// The document is not the JSON that it should be.
    #[error(transparent)]
    Json(#[from] JsonFault),
    /// The document has no issuer.
    #[error("it states no `issuer`")]
    NoIssuer,
    /// The issuer is another one.
    #[error("it is of the issuer {found:?}, and the configured one is {configured:?}")]
    OtherIssuer {
        /// The configured issuer.
        configured: String,
        /// The beginning of the issuer in the document.
        found: String,
    },
    /// The document names no keys.
    #[error("it states no `jwks_uri`")]
    NoKeys,
    /// A URL may not be asked.
    #[error("its `{member}` cannot be used: {fault}")]
    Endpoint {
        /// The member of the document.
        member: &'static str,
        /// The reason.
        fault: EndpointFault,
    },
    /// The issuer is encrypted, and one of its endpoints is not.
    #[error("its `{member}` is not encrypted, while the issuer is")]
    Downgrade {
        /// The member of the document.
        member: &'static str,
    },
}

impl Discovery {
    /// Reads the document of an issuer.
    ///
    /// # Errors
    ///
    /// Returns the first fault of the document.
    pub fn parse(bytes: &[u8], issuer: &Issuer) -> Result<Self, DiscoveryFault> {
        let members = json::object(bytes, MAX_DISCOVERY_BYTES)?;
        let found = members.get("issuer").and_then(Value::as_str);
        let found = found.ok_or(DiscoveryFault::NoIssuer)?;
        if found != issuer.as_str() {
            return Err(DiscoveryFault::OtherIssuer {
                configured: issuer.as_str().to_owned(),
                found: found.chars().take(SHOWN).collect(),
            });
        }
        let endpoint = |member| endpoint(&members, member, issuer);
        let introspection = endpoint("introspection_endpoint")?;
        Ok(Self {
            keys: endpoint("jwks_uri")?.ok_or(DiscoveryFault::NoKeys)?,
            introspection: introspection.map(|endpoint| Introspection {
                endpoint,
                authentication: authentication(&members),
            }),
            userinfo: endpoint("userinfo_endpoint")?,
        })
    }
}

fn endpoint(
    members: &Object,
    member: &'static str,
    issuer: &Issuer,
) -> Result<Option<Endpoint>, DiscoveryFault> {
    let Some(text) = members.get(member).and_then(Value::as_str) else {
        return Ok(None);
    };
    let endpoint =
        Endpoint::parse(text).map_err(|fault| DiscoveryFault::Endpoint { member, fault })?;
    match issuer.discovery().is_encrypted() && !endpoint.is_encrypted() {
        true => Err(DiscoveryFault::Downgrade { member }),
        false => Ok(Some(endpoint)),
    }
}

/// Returns the way of the introspection endpoint; without a statement of the provider, RFC 8414 says `Basic`.
fn authentication(members: &Object) -> ClientAuthentication {
    let methods = members.get("introspection_endpoint_auth_methods_supported");
    let Some(methods) = methods.and_then(Value::as_array) else {
        return ClientAuthentication::Basic;
    };
    let has = |name: &str| methods.iter().any(|method| method.as_str() == Some(name));
    match has("client_secret_post") && !has("client_secret_basic") {
        true => ClientAuthentication::Post,
        false => ClientAuthentication::Basic,
    }
}

impl DiscoveryFault {
    /// Returns what to do next.
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::OtherIssuer { .. } => Remedy::Setting(
                Setting::Issuer,
                "write the issuer exactly as the provider states it, also the slash at its end",
            ),
            Self::Json(_) | Self::NoIssuer => Remedy::Setting(
                Setting::Issuer,
                "name the issuer below which `/.well-known/openid-configuration` is",
            ),
            Self::NoKeys => {
                Remedy::Provider("publish the signing keys, and state their `jwks_uri`")
            }
            Self::Endpoint { .. } | Self::Downgrade { .. } => Remedy::Provider(
                "state https URLs, for example by its setting of the public host name",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn issuer() -> Issuer {
        Issuer::parse("https://id.example.com/x").unwrap()
    }

    fn parse(document: &Value) -> Result<Discovery, DiscoveryFault> {
        Discovery::parse(document.to_string().as_bytes(), &issuer())
    }

    #[test]
    fn endpoints_are_read() {
        let found = parse(&json!({
            "issuer": "https://id.example.com/x",
            "jwks_uri": "https://keys.example.com/x",
            "introspection_endpoint": "https://id.example.com/introspect",
            "introspection_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"],
            "userinfo_endpoint": "https://id.example.com/me",
            "id_token_signing_alg_values_supported": ["none", "HS256"],
        }))
        .unwrap();
        let introspection = found.introspection.unwrap();
        assert_eq!(found.keys.to_string(), "https://keys.example.com/x");
        assert_eq!(
            introspection.endpoint.to_string(),
            "https://id.example.com/introspect"
        );
        assert_eq!(introspection.authentication, ClientAuthentication::Post);
        assert_eq!(
            found.userinfo.unwrap().to_string(),
            "https://id.example.com/me"
        );
    }

    #[rstest]
    #[case::slash("https://id.example.com/x/")]
    #[case::letter_case("https://ID.example.com/x")]
    #[case::other_realm("https://id.example.com/y")]
    #[case::port("https://id.example.com:443/x")]
    fn other_issuer_is_refused_with_both_names(#[case] found: &str) {
        let document = json!({"issuer": found, "jwks_uri": "https://id.example.com/keys"});
        let fault = parse(&document).unwrap_err();
        let text = fault.to_string();
        assert!(
            text.contains(found) && text.contains("\"https://id.example.com/x\""),
            "{text}"
        );
        assert_eq!(fault.remedy().setting(), Some(Setting::Issuer));
    }

    #[rstest]
    #[case::no_issuer(json!({"jwks_uri": "https://id.example.com/keys"}), DiscoveryFault::NoIssuer)]
    #[case::issuers(json!({"issuer": ["https://id.example.com/x"]}), DiscoveryFault::NoIssuer)]
    #[case::no_keys(json!({"issuer": "https://id.example.com/x"}), DiscoveryFault::NoKeys)]
    #[case::keys_as_number(json!({"issuer": "https://id.example.com/x", "jwks_uri": 1}), DiscoveryFault::NoKeys)]
    #[case::keys_of_metadata(
        json!({"issuer": "https://id.example.com/x", "jwks_uri": "http://169.254.169.254/"}),
        DiscoveryFault::Endpoint { member: "jwks_uri", fault: EndpointFault::NotHttps }
    )]
    #[case::keys_of_this_machine(
        json!({"issuer": "https://id.example.com/x", "jwks_uri": "http://127.0.0.1:6443/"}),
        DiscoveryFault::Downgrade { member: "jwks_uri" }
    )]
    #[case::list(json!([]), DiscoveryFault::Json(JsonFault::NotAnObject))]
    fn faulty_document_is_refused(#[case] document: Value, #[case] fault: DiscoveryFault) {
        assert_eq!(parse(&document), Err(fault));
    }

    #[test]
    fn issuer_twice_is_refused() {
        let text = br#"{"issuer":"https://evil.example.com","issuer":"https://id.example.com/x"}"#;
        let fault = DiscoveryFault::Json(JsonFault::Malformed);
        assert_eq!(Discovery::parse(text, &issuer()), Err(fault));
    }

    proptest! {
        #[test]
        fn any_document_is_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(Discovery::parse(&bytes, &issuer()));
        }
    }
}
