//! The keys of a provider (JWKS, RFC 7517), read from bytes.
//!
//! A key that cannot verify is left out, and the set says why. A set without any usable key is refused, so that it
//! never replaces one that works. Begin reading with [`KeySet::parse`].

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use thiserror::Error;

use crate::algorithm::{Algorithm, AlgorithmFault};
use crate::json::{self, JsonFault, Object};
use crate::remedy::Remedy;

/// The size that a set of keys may have, in bytes.
pub const MAX_KEYS_BYTES: usize = 1024 * 1024;

/// The number of keys that a set may have.
pub const MAX_KEYS: usize = 100;

/// The length that the id of a key may have, in bytes.
pub const MAX_KEY_ID_BYTES: usize = 256;

/// The sizes that an RSA modulus may have, in bytes: 2048 to 8192 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// The keys of a provider that can verify.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<Key>,
    left_out: Vec<LeftOut>,
}

/// One key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    id: Option<String>,
    /// The only algorithm that the provider uses the key with.
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone, Debug)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// A key of one algorithm.
    Curve(Algorithm, ParsedPublicKey),
}

/// A key that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its id.
    pub id: Option<String>,
    /// The reason.
    pub flaw: KeyFlaw,
}

/// The reason why a key is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyFlaw {
    /// The key is no object with a type.
    #[error("it is not a key with a `kty`")]
    Malformed,
    /// The id is no text, or exceeds its limit.
    #[error("its `kid` is not a text of at most {MAX_KEY_ID_BYTES} bytes")]
    Id,
    /// The key is not for signatures.
    #[error("it is not for signatures")]
    Use,
    /// The algorithm of the key is not accepted.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmFault),
    /// The key is symmetric.
    #[error("it is symmetric")]
    Symmetric,
    /// The private part is published too, so that anybody can sign.
    #[error("its private part is published")]
    Private,
    /// The type or the curve is unknown.
    #[error("its type or curve is unknown")]
    Type,
    /// A number of the key is absent, malformed, or not on the curve.
    #[error("its numbers are not a valid key")]
    Numbers,
    /// The RSA key is too short or too long.
    #[error("it does not have 2048 to 8192 bits")]
    Size,
    /// The algorithm does not fit the type of the key.
    #[error("its `alg` does not fit its type")]
    Unfit,
}

/// The reason why a set of keys is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeySetFault {
    /// The document is not the JSON that it should be.
    #[error(transparent)]
    Json(#[from] JsonFault),
    /// The document has no list of keys.
    #[error("it has no list `keys`")]
    NoList,
    /// There are too many keys.
    #[error("it has {count} keys, and at most {MAX_KEYS} are accepted")]
    TooMany {
        /// The number of keys.
        count: usize,
    },
    /// No key can verify.
    #[error("none of its {} keys can be used", .0.len())]
    NoUsable(Vec<LeftOut>),
}

/// The keys that fit the header of a token.
pub(crate) enum Fitting<'a> {
    /// The keys to try.
    Keys(Vec<&'a Key>),
    /// No key has the id, or the token names none and no key fits.
    Unknown,
    /// The key with this id is for another algorithm.
    OtherAlgorithm,
}

impl KeySet {
    /// Reads a set of keys.
    ///
    /// # Errors
    ///
    /// Returns the reason if the set has no key that can be used.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeySetFault> {
        let members = json::object(bytes, MAX_KEYS_BYTES)?;
        let list = members.get("keys").and_then(Value::as_array);
        let list = list.ok_or(KeySetFault::NoList)?;
        if list.len() > MAX_KEYS {
            return Err(KeySetFault::TooMany { count: list.len() });
        }
        let mut set = Self {
            keys: Vec::new(),
            left_out: Vec::new(),
        };
        for value in list {
            match Key::parse(value) {
                Ok(key) => set.keys.push(key),
                Err(flaw) => set.left_out.push(LeftOut {
                    id: id(value).ok().flatten(),
                    flaw,
                }),
            }
        }
        match set.keys.is_empty() {
            true => Err(KeySetFault::NoUsable(set.left_out)),
            false => Ok(set),
        }
    }

    /// Returns the keys that are not used, each with its reason.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Returns the number of keys that can verify.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// Returns the keys to verify a token with. Without an id, all keys of the algorithm are tried.
    pub(crate) fn fitting(&self, key_id: Option<&str>, algorithm: Algorithm) -> Fitting<'_> {
        let named: Vec<&Key> = match key_id {
            Some(id) => self.with_id(id).collect(),
            None => self.keys.iter().collect(),
        };
        let fits: Vec<&Key> = named
            .iter()
            .copied()
            .filter(|key| key.fits(algorithm))
            .collect();
        match (fits.is_empty(), named.is_empty() || key_id.is_none()) {
            (false, _) => Fitting::Keys(fits),
            (true, true) => Fitting::Unknown,
            (true, false) => Fitting::OtherAlgorithm,
        }
    }

    fn with_id<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a Key> {
        self.keys
            .iter()
            .filter(move |key| key.id.as_deref() == Some(id))
    }
}

impl Key {
    fn parse(value: &Value) -> Result<Self, KeyFlaw> {
        let members = value.as_object().ok_or(KeyFlaw::Malformed)?;
        let id = id(value)?;
        let kind = text(members, "kty").ok_or(KeyFlaw::Malformed)?;
        if kind == "oct" || members.contains_key("k") {
            return Err(KeyFlaw::Symmetric);
        }
        if members.contains_key("d") {
            return Err(KeyFlaw::Private);
        }
        if !is_for_signatures(members) {
            return Err(KeyFlaw::Use);
        }
        let algorithm = match members.get("alg") {
            None => None,
            Some(name) => Some(Algorithm::parse(name.as_str().unwrap_or_default())?),
        };
        let material = match (kind, text(members, "crv")) {
            ("RSA", _) => rsa(members)?,
            ("EC", Some("P-256")) => curve(members, Algorithm::Es256)?,
            ("EC", Some("P-384")) => curve(members, Algorithm::Es384)?,
            ("EC", Some("P-521")) => curve(members, Algorithm::Es512)?,
            ("OKP", Some("Ed25519")) => edwards(members)?,
            _ => return Err(KeyFlaw::Type),
        };
        let key = Self {
            id,
            algorithm,
            material,
        };
        match algorithm.is_none_or(|algorithm| key.fits(algorithm)) {
            true => Ok(key),
            false => Err(KeyFlaw::Unfit),
        }
    }

    /// Whether the key verifies signatures of an algorithm.
    fn fits(&self, algorithm: Algorithm) -> bool {
        let by_type = match &self.material {
            Material::Rsa { .. } => rsa_parameters(algorithm).is_some(),
            Material::Curve(own, _) => *own == algorithm,
        };
        by_type && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// Whether a signature over a message is right.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        match &self.material {
            Material::Rsa { modulus, exponent } => {
                let components = RsaPublicKeyComponents {
                    n: modulus.as_slice(),
                    e: exponent.as_slice(),
                };
                rsa_parameters(algorithm).is_some_and(|parameters| {
                    components.verify(parameters, message, signature).is_ok()
                })
            }
            Material::Curve(_, key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

/// Returns the parameters of an RSA algorithm.
fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 | Algorithm::EdDsa => None,
    }
}

fn rsa(members: &Object) -> Result<Material, KeyFlaw> {
    let modulus = number(members, "n")?;
    let exponent = number(members, "e")?;
    if !RSA_BYTES.contains(&modulus.len()) {
        return Err(KeyFlaw::Size);
    }
    // An even exponent, or 1, would verify anything or nothing.
    let odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    match odd && exponent != [1] && exponent.len() <= 4 {
        true => Ok(Material::Rsa { modulus, exponent }),
        false => Err(KeyFlaw::Numbers),
    }
}

fn curve(members: &Object, algorithm: Algorithm) -> Result<Material, KeyFlaw> {
    let (bytes, verification) = match algorithm {
        Algorithm::Es384 => (48, &signature::ECDSA_P384_SHA384_FIXED),
        Algorithm::Es512 => (66, &signature::ECDSA_P521_SHA512_FIXED),
        _ => (32, &signature::ECDSA_P256_SHA256_FIXED),
    };
    let (x, y) = (binary(members, "x")?, binary(members, "y")?);
    if x.len() != bytes || y.len() != bytes {
        return Err(KeyFlaw::Numbers);
    }
    // The uncompressed form of a point.
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    let key = ParsedPublicKey::new(verification, point).map_err(|_| KeyFlaw::Numbers)?;
    Ok(Material::Curve(algorithm, key))
}

fn edwards(members: &Object) -> Result<Material, KeyFlaw> {
    let point = binary(members, "x")?;
    if point.len() != 32 {
        return Err(KeyFlaw::Numbers);
    }
    let key = ParsedPublicKey::new(&signature::ED25519, point).map_err(|_| KeyFlaw::Numbers)?;
    Ok(Material::Curve(Algorithm::EdDsa, key))
}

fn is_for_signatures(members: &Object) -> bool {
    let purpose = members.get("use").is_none_or(|purpose| purpose == "sig");
    let operations = members.get("key_ops").is_none_or(|operations| {
        let list = operations.as_array();
        list.is_some_and(|list| list.iter().any(|operation| operation == "verify"))
    });
    purpose && operations
}

fn id(value: &Value) -> Result<Option<String>, KeyFlaw> {
    match value.get("kid") {
        None => Ok(None),
        Some(Value::String(id)) if id.len() <= MAX_KEY_ID_BYTES => Ok(Some(id.clone())),
        Some(_) => Err(KeyFlaw::Id),
    }
}

fn text<'a>(members: &'a Object, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

fn binary(members: &Object, name: &str) -> Result<Vec<u8>, KeyFlaw> {
    let text = text(members, name).ok_or(KeyFlaw::Numbers)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyFlaw::Numbers)
}

/// Returns a number without the zeros that some providers write before it.
fn number(members: &Object, name: &str) -> Result<Vec<u8>, KeyFlaw> {
    let bytes = binary(members, name)?;
    Ok(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}

impl KeySetFault {
    /// Returns what to do next.
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Json(_) | Self::NoList => {
                Remedy::Provider("answer its `jwks_uri` with a JSON Web Key Set")
            }
            Self::TooMany { .. } => Remedy::Provider("publish only the keys that still sign"),
            Self::NoUsable(_) => Remedy::Provider(
                "publish a signing key: RSA of at least 2048 bits, P-256, P-384, P-521 or Ed25519",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
