//! A signed token in compact form (JWS, RFC 7515): read, then verified, and only then are its claims read.
//!
//! The header is written by whoever sent the token. Of it we use the algorithm, the id of the key and the type. A key
//! or an address of a key in it (`jwk`, `jku`, `x5c`, `x5u`) is ignored. `crit` and `b64` ask for other rules of
//! reading, so they are refused. Begin reading with [`Jws::parse`].

use std::fmt::{self, Debug, Formatter};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use thiserror::Error;

use crate::algorithm::{Algorithm, AlgorithmFault};
use crate::json::{self, JsonFault, Object};
use crate::jwk::{Fitting, KeySet, MAX_KEY_ID_BYTES};
use crate::remedy::Remedy;

/// The size that a header may have, in bytes.
const MAX_HEADER_BYTES: usize = 4096;

/// The size that claims may have, in bytes. The token is bounded before.
const MAX_CLAIMS_BYTES: usize = 16 * 1024;

/// The number of keys that are tried for a token that names none.
const MAX_TRIED: usize = 10;

/// A token that is not verified yet. Its claims cannot be read.
pub struct Jws<'a> {
    header: Header,
    message: &'a [u8],
    payload: &'a str,
    signature: Vec<u8>,
}

/// The part of the header that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<String>,
    pub(crate) token_type: Option<String>,
}

/// The reason why a signed token is refused. It contains nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JwsFault {
    /// The token has no three parts.
    #[error("it does not have three parts")]
    Parts,
    /// The token is encrypted.
    #[error("it is encrypted (JWE)")]
    Encrypted,
    /// A part is not base64url.
    #[error("a part of it is not base64url without padding")]
    Base64,
    /// The header is not the JSON that it should be.
    #[error("its header cannot be read: {0}")]
    Header(JsonFault),
    /// The header has a member of another type.
    #[error("its header has a `{0}` that is not a text, or too long")]
    Member(&'static str),
    /// The header asks for rules that we do not know.
    #[error("its header has `{0}`, which asks for other rules")]
    Rules(&'static str),
    /// The token contains another token.
    #[error("it contains another token (`cty`)")]
    Nested,
    /// The algorithm is not accepted.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmFault),
    /// No key of the provider has the id.
    #[error("the provider has no key with its `kid`, or none for its algorithm")]
    UnknownKey,
    /// The key is for another algorithm.
    #[error("its key is for another algorithm")]
    OtherAlgorithm,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// The claims are not the JSON that they should be.
    #[error("its claims cannot be read: {0}")]
    Claims(JsonFault),
}

/// Whether a token looks like a signed or encrypted one: its first part is the beginning of a JSON object.
pub(crate) fn is_signed(token: &str) -> bool {
    let first = token.split('.').next().unwrap_or_default();
    token.contains('.')
        && URL_SAFE_NO_PAD
            .decode(first)
            .is_ok_and(|bytes| begins_object(&bytes))
}

fn begins_object(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{')
}

impl<'a> Jws<'a> {
    /// Reads a token without verifying it.
    ///
    /// # Errors
    ///
    /// Returns the first fault of its form or its header.
    pub fn parse(token: &'a str) -> Result<Self, JwsFault> {
        let parts: Vec<&str> = token.split('.').take(6).collect();
        let (header, payload, signature) = match parts.as_slice() {
            [header, payload, signature] => (*header, *payload, *signature),
            [_, _, _, _, _] => return Err(JwsFault::Encrypted),
            _ => return Err(JwsFault::Parts),
        };
        let header = Header::parse(&decoded(header)?)?;
        let signature = decoded(signature)?;
        let (message, _) = token.split_at(token.rfind('.').unwrap_or_default());
        Ok(Self {
            header,
            message: message.as_bytes(),
            payload,
            signature,
        })
    }

    /// Returns the header, which is not verified.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Refuses a token whose algorithm is not in the list.
    pub(crate) fn require(&self, accepted: &[Algorithm]) -> Result<(), JwsFault> {
        match accepted.contains(&self.header.algorithm) {
            true => Ok(()),
            false => Err(AlgorithmFault::NotListed(self.header.algorithm).into()),
        }
    }

    /// Verifies the signature, and returns the claims.
    ///
    /// # Errors
    ///
    /// Fails if no key verifies the signature, or the claims are no JSON object.
    pub(crate) fn verify(&self, keys: &KeySet) -> Result<Object, JwsFault> {
        let Header {
            algorithm, key_id, ..
        } = &self.header;
        let candidates = match keys.fitting(key_id.as_deref(), *algorithm) {
            Fitting::Keys(keys) => keys,
            Fitting::Unknown => return Err(JwsFault::UnknownKey),
            Fitting::OtherAlgorithm => return Err(JwsFault::OtherAlgorithm),
        };
        let verified = candidates
            .iter()
            .take(MAX_TRIED)
            .any(|key| key.verifies(*algorithm, self.message, &self.signature));
        match (verified, key_id) {
            (true, _) => {
                json::object(&decoded(self.payload)?, MAX_CLAIMS_BYTES).map_err(JwsFault::Claims)
            }
            (false, Some(_)) => Err(JwsFault::Signature),
            // Without an id, the key may be one that the provider has only just begun to use.
            (false, None) => Err(JwsFault::UnknownKey),
        }
    }
}

/// Shows nothing of the token but its header.
impl Debug for Jws<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Jws").field(&self.header).finish()
    }
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, JwsFault> {
        let members = json::object(bytes, MAX_HEADER_BYTES).map_err(JwsFault::Header)?;
        for rules in ["crit", "b64", "zip"] {
            if members.contains_key(rules) {
                return Err(JwsFault::Rules(rules));
            }
        }
        if members.contains_key("enc") {
            return Err(JwsFault::Encrypted);
        }
        if members.contains_key("cty") {
            return Err(JwsFault::Nested);
        }
        let algorithm = text(&members, "alg")?.ok_or(JwsFault::Member("alg"))?;
        Ok(Self {
            algorithm: Algorithm::parse(&algorithm)?,
            key_id: text(&members, "kid")?,
            token_type: text(&members, "typ")?,
        })
    }
}

fn text(members: &Object, name: &'static str) -> Result<Option<String>, JwsFault> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_KEY_ID_BYTES => Ok(Some(text.clone())),
        Some(_) => Err(JwsFault::Member(name)),
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, JwsFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsFault::Base64)
}

impl JwsFault {
    /// Returns what to do next.
    pub const fn remedy(self) -> Remedy {
        match self {
            Self::Algorithm(fault) => fault.remedy(),
            Self::Encrypted => Remedy::Provider("do not encrypt access tokens for this client"),
            Self::UnknownKey | Self::OtherAlgorithm | Self::Signature => Remedy::Client(
                "get a new token from the configured provider; this one was signed with a key that it does not publish",
            ),
            Self::Parts
            | Self::Base64
            | Self::Header(_)
            | Self::Member(_)
            | Self::Rules(_)
            | Self::Nested
            | Self::Claims(_) => {
                Remedy::Client("send the access token exactly as the provider has issued it")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    /// Keys, and one token for each algorithm, made by another implementation.
    const KEYS: &[u8] = include_bytes!("../tests/vectors/keys.json");
    const TOKENS: &str = include_str!("../tests/vectors/tokens.txt");

    fn keys() -> KeySet {
        KeySet::parse(KEYS).unwrap()
    }

    fn token(algorithm: Algorithm) -> &'static str {
        let named = |line: &&str| line.split(' ').next() == Some(algorithm.name());
        let line = TOKENS.lines().find(named).unwrap();
        line.split(' ').nth(1).unwrap()
    }

    /// Puts a header before the payload and the signature of a token.
    fn with_header(header: &Value) -> String {
        let (_, rest) = token(Algorithm::Rs256).split_once('.').unwrap();
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
    }

    fn header_fault(header: &Value) -> JwsFault {
        Jws::parse(&with_header(header)).unwrap_err()
    }

    #[test]
    fn token_of_other_implementation_is_verified() {
        for algorithm in Algorithm::ALL {
            let claims = Jws::parse(token(algorithm)).unwrap().verify(&keys());
            assert_eq!(
                claims.map(Value::Object),
                Ok(json!({"sub": "alice"})),
                "{algorithm}"
            );
        }
    }

    /// Appendix A.4 of RFC 8037. Its payload is no JSON, so reading it is all that fails.
    #[test]
    fn signature_of_the_standard_is_verified() {
        let keys = json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }]});
        let keys = KeySet::parse(keys.to_string().as_bytes()).unwrap();
        let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
            hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let found = Jws::parse(token).unwrap().verify(&keys);
        assert_eq!(found, Err(JwsFault::Claims(JsonFault::Malformed)));
    }

    #[test]
    fn any_changed_byte_breaks_the_signature() {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
            let token = token(algorithm);
            let start = token.find('.').unwrap() + 1;
            for place in start..token.len() - 1 {
                let mut bytes = token.as_bytes().to_vec();
                if bytes[place] == b'.' {
                    continue;
                }
                bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(bytes).unwrap();
                let found = Jws::parse(&changed).unwrap().verify(&keys());
                assert_eq!(found, Err(JwsFault::Signature), "{algorithm} {place}");
            }
        }
    }

    #[test]
    fn algorithm_outside_the_list_is_refused() {
        let accepted = [Algorithm::Rs256];
        let fault = JwsFault::from(AlgorithmFault::NotListed(Algorithm::Ps256));
        let require = |algorithm| Jws::parse(token(algorithm)).unwrap().require(&accepted);
        assert_eq!(require(Algorithm::Rs256), Ok(()));
        assert_eq!(require(Algorithm::Ps256), Err(fault));
    }

    #[rstest]
    #[case::none(json!({"alg": "none"}), AlgorithmFault::None.into())]
    #[case::hmac(json!({"alg": "HS256"}), AlgorithmFault::Symmetric.into())]
    #[case::no_algorithm(json!({}), JwsFault::Member("alg"))]
    #[case::algorithms(json!({"alg": ["RS256"]}), JwsFault::Member("alg"))]
    #[case::critical(json!({"alg": "RS256", "crit": ["exp"]}), JwsFault::Rules("crit"))]
    #[case::nothing_critical(json!({"alg": "RS256", "crit": []}), JwsFault::Rules("crit"))]
    #[case::plain_payload(json!({"alg": "RS256", "b64": false}), JwsFault::Rules("b64"))]
    #[case::nested(json!({"alg": "RS256", "cty": "JWT"}), JwsFault::Nested)]
    #[case::encrypted(json!({"alg": "RS256", "enc": "A128GCM"}), JwsFault::Encrypted)]
    #[case::id_as_number(json!({"alg": "RS256", "kid": 1}), JwsFault::Member("kid"))]
    #[case::long_id(json!({"alg": "RS256", "kid": "k".repeat(257)}), JwsFault::Member("kid"))]
    #[case::type_as_list(json!({"alg": "RS256", "typ": ["JWT"]}), JwsFault::Member("typ"))]
    #[case::list(json!(["RS256"]), JwsFault::Header(JsonFault::NotAnObject))]
    fn unsafe_header_is_refused(#[case] header: Value, #[case] fault: JwsFault) {
        assert_eq!(header_fault(&header), fault);
    }

    #[rstest]
    #[case::empty("", JwsFault::Parts)]
    #[case::two("e30.e30", JwsFault::Parts)]
    #[case::four("e30.e30.e30.e30", JwsFault::Parts)]
    #[case::encrypted("e30.e30.e30.e30.e30", JwsFault::Encrypted)]
    #[case::six("e30.e30.e30.e30.e30.e30", JwsFault::Parts)]
    #[case::padding("e30=.e30.e30", JwsFault::Base64)]
    #[case::other_alphabet("e+0.e30.e30", JwsFault::Base64)]
    fn malformed_token_is_refused(#[case] token: &str, #[case] fault: JwsFault) {
        assert_eq!(Jws::parse(token).unwrap_err(), fault);
    }

    #[rstest]
    #[case::signed("eyJhbGciOiJSUzI1NiJ9.e30.x", true)]
    #[case::unsigned("eyJhbGciOiJub25lIn0..", true)]
    #[case::encrypted("eyJlbmMiOiJ4In0.a.b.c.d", true)]
    #[case::faulty("eyJhbGciOiJ4.x", true)]
    #[case::opaque("ya29.a0AfB_byC", false)]
    #[case::one_part("eyJhbGciOiJSUzI1NiJ9", false)]
    #[case::random("2YotnFZFEjr1zCsicMWpAA", false)]
    fn signed_token_is_told_from_opaque(#[case] token: &str, #[case] signed: bool) {
        assert_eq!(is_signed(token), signed);
    }

    proptest! {
        #[test]
        fn any_token_is_read_without_panic(token in "[A-Za-z0-9_.=-]{0,60}", part in "\\{\"(alg|kid)\":.{0,9}\\}") {
            is_signed(&token);
            let header = URL_SAFE_NO_PAD.encode(part);
            for token in [token.clone(), format!("{header}.{token}")] {
                if let Ok(found) = Jws::parse(&token) {
                    prop_assert!(found.verify(&keys()).is_err());
                }
            }
        }
    }
}
