//! Keys of a provider, with their private part. They sign whatever they are given.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A key that signs.
pub(crate) struct Signer {
    pub(crate) id: &'static str,
    pair: Pair,
}

enum Pair {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    /// Creates a key on curve P-256.
    pub(crate) fn p256(id: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self {
            id,
            pair: Pair::P256(pair),
        }
    }

    /// Creates an RSA key of 2048 bits.
    pub(crate) fn rsa(id: &'static str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        Self {
            id,
            pair: Pair::Rsa(pair),
        }
    }

    /// Returns the name of its algorithm.
    pub(crate) fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::P256(_) => "ES256",
            Pair::Rsa(_) => "RS256",
        }
    }

    /// Returns the public part as the provider publishes it.
    pub(crate) fn public(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::P256(pair) => {
                let point = pair.public_key().as_ref();
                json!({
                    "kty": "EC", "crv": "P-256", "kid": self.id, "use": "sig",
                    "x": encode(&point[1..33]), "y": encode(&point[33..65]),
                })
            }
            Pair::Rsa(_) => {
                // RSAPublicKey of 2048 bits: 9 bytes, the modulus, 2 bytes, the exponent.
                let der = self.public_der();
                json!({
                    "kty": "RSA", "kid": self.id, "use": "sig",
                    "n": encode(&der[9..265]), "e": encode(&der[267..]),
                })
            }
        }
    }

    /// Returns the public part in DER.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        match &self.pair {
            Pair::P256(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// Signs claims under the usual header.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({}), claims)
    }

    /// Signs claims under the usual header with other members; null removes a member.
    pub(crate) fn sign_with(&self, changes: &Value, claims: &Value) -> String {
        let usual = json!({"alg": self.algorithm(), "kid": self.id, "typ": "at+jwt"});
        self.sign_text(&changed(usual, changes).to_string(), &claims.to_string())
    }

    /// Signs any texts.
    pub(crate) fn sign_text(&self, header: &str, payload: &str) -> String {
        let message = message(header, payload);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::P256(pair) => {
                let signature = pair.sign(&random, message.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    message.as_bytes(),
                    &mut signature,
                )
                .unwrap();
                signature
            }
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Signs claims with HS256 and any secret.
pub(crate) fn sign_symmetric(id: &str, claims: &Value, secret: &[u8]) -> String {
    let header = json!({"alg": "HS256", "kid": id, "typ": "at+jwt"});
    let message = message(&header.to_string(), &claims.to_string());
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

/// Returns a token with any signature.
pub(crate) fn forged(header: &Value, claims: &Value, signature: &str) -> String {
    format!(
        "{}.{signature}",
        message(&header.to_string(), &claims.to_string())
    )
}

/// Returns an object with other members; null removes a member.
pub(crate) fn changed(mut object: Value, changes: &Value) -> Value {
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(members.remove(name)),
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
    object
}

fn message(header: &str, payload: &str) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}", encode(header), encode(payload))
}
