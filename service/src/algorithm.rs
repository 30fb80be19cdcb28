//! The signature algorithms that we know. All have a public key to verify with.
//!
//! `none` and the HMAC algorithms are not among them, so no setting and no provider can enable them. With HMAC, the
//! published key itself would sign.

use std::fmt::{self, Display, Formatter};

use thiserror::Error;

use crate::remedy::{Remedy, Setting};

/// A signature algorithm of JSON Web Signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA with PKCS #1 1.5 padding and SHA-256.
    Rs256,
    /// RSA with PKCS #1 1.5 padding and SHA-384.
    Rs384,
    /// RSA with PKCS #1 1.5 padding and SHA-512.
    Rs512,
    /// RSA with PSS padding and SHA-256.
    Ps256,
    /// RSA with PSS padding and SHA-384.
    Ps384,
    /// RSA with PSS padding and SHA-512.
    Ps512,
    /// ECDSA on curve P-256 with SHA-256.
    Es256,
    /// ECDSA on curve P-384 with SHA-384.
    Es384,
    /// ECDSA on curve P-521 with SHA-512.
    Es512,
    /// Ed25519.
    EdDsa,
}

/// The reason why an algorithm is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AlgorithmFault {
    /// The algorithm is `none`: there is no signature.
    #[error("the algorithm `none` leaves it unsigned")]
    None,
    /// The algorithm is an HMAC, whose key can also sign.
    #[error("the algorithm is symmetric (HS256, HS384 or HS512)")]
    Symmetric,
    /// The algorithm has a name that we do not know.
    #[error("the algorithm is unknown")]
    Unknown,
    /// The algorithm is not in the configured list.
    #[error("the algorithm {0} is not in the list of accepted ones")]
    NotListed(Algorithm),
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 10] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// Reads the name of an algorithm.
    ///
    /// # Errors
    ///
    /// Returns the reason if the algorithm is not one of [`Algorithm::ALL`].
    pub fn parse(name: &str) -> Result<Self, AlgorithmFault> {
        let found = Self::ALL.into_iter().find(|known| known.name() == name);
        match found {
            Some(known) => Ok(known),
            // RFC 9864 names the curve.
            None if name == "Ed25519" => Ok(Self::EdDsa),
            None if name.eq_ignore_ascii_case("none") => Err(AlgorithmFault::None),
            None if name.to_ascii_uppercase().starts_with("HS") => Err(AlgorithmFault::Symmetric),
            None => Err(AlgorithmFault::Unknown),
        }
    }

    /// Returns the name that stands in headers and keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl Display for Algorithm {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl AlgorithmFault {
    /// Returns what to do next.
    pub const fn remedy(self) -> Remedy {
        match self {
            Self::None | Self::Symmetric | Self::Unknown => Remedy::Provider(
                "sign access tokens with RS256, PS256, ES256 or EdDSA; unsigned and HMAC tokens are never accepted",
            ),
            Self::NotListed(_) => {
                Remedy::Setting(Setting::Algorithms, "add the algorithm of the provider")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn every_algorithm_is_read_by_its_name() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.name()), Ok(algorithm));
        }
        assert_eq!(Algorithm::parse("Ed25519"), Ok(Algorithm::EdDsa));
    }

    #[rstest]
    #[case("none", AlgorithmFault::None)]
    #[case("None", AlgorithmFault::None)]
    #[case("nOnE", AlgorithmFault::None)]
    #[case("HS256", AlgorithmFault::Symmetric)]
    #[case("hs512", AlgorithmFault::Symmetric)]
    #[case("rs256", AlgorithmFault::Unknown)]
    #[case("RSA1_5", AlgorithmFault::Unknown)]
    #[case("", AlgorithmFault::Unknown)]
    fn unsafe_algorithm_is_refused(#[case] name: &str, #[case] fault: AlgorithmFault) {
        assert_eq!(Algorithm::parse(name), Err(fault));
    }
}
