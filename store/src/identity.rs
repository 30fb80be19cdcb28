//! Defines the identities of stores, timelines and PVCs as validated texts.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The identity of a recovery store: a UUID in lower case.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct StoreId(String);

/// The identity of a timeline: `<n>-<8 hex digits>`, compared as a whole.
///
/// A timeline is one history of a store, as in PostgreSQL. The number alone is not unique: two
/// clusters that restore the same backup would both use the next number.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timeline(String);

/// The UID of a PVC, as assigned by Kubernetes.
///
/// A PVC that was deleted and recreated under the same name has another UID.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClaimUid(String);

impl ClaimUid {
    /// Returns a placeholder for a volume whose PVC is unknown.
    #[must_use]
    pub fn unknown() -> Self {
        Self("unknown".to_owned())
    }
}

/// A text that is not a valid identity.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("{text:?} is not {expected}")]
pub struct IdentityError {
    /// The rejected text.
    pub text: String,
    /// The expected form.
    pub expected: &'static str,
}

impl FromStr for StoreId {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let fits = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => is_hex(byte),
            });
        parsed(fits, text, "a UUID in lower case").map(Self)
    }
}

impl FromStr for Timeline {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let fits = text.split_once('-').is_some_and(|(number, random)| {
            number.parse::<u32>().is_ok_and(|n| n.to_string() == number)
                && random.len() == 8
                && random.bytes().all(is_hex)
        });
        parsed(fits, text, "a timeline like 3-0a1b2c3d").map(Self)
    }
}

impl FromStr for ClaimUid {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let fits = (1..=128).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        parsed(fits, text, "the UID of a PVC").map(Self)
    }
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn parsed(fits: bool, text: &str, expected: &'static str) -> Result<String, IdentityError> {
    if fits {
        Ok(text.to_owned())
    } else {
        Err(IdentityError {
            text: text.to_owned(),
            expected,
        })
    }
}

/// Implements the conversions of a validated text.
macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentityError;

            fn try_from(text: String) -> Result<Self, IdentityError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

text!(StoreId);
text!(Timeline);
text!(ClaimUid);

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10", true)]
    #[case("6F1C1C86-4c39-4a2b-9a5e-0d6b9f3f4f10", false)]
    #[case("6f1c1c864c394a2b9a5e0d6b9f3f4f10", false)]
    #[case("", false)]
    fn store_id_is_a_lower_case_uuid(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(text.parse::<StoreId>().is_ok(), fits);
    }

    #[rstest]
    #[case("0-00000000", true)]
    #[case("12-0a1b2c3d", true)]
    #[case("012-0a1b2c3d", false)]
    #[case("+1-0a1b2c3d", false)]
    #[case("1-0A1B2C3D", false)]
    #[case("1-0a1b2c3", false)]
    #[case("1", false)]
    fn timeline_is_a_number_and_eight_digits(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(text.parse::<Timeline>().is_ok(), fits);
    }

    #[test]
    fn invalid_identity_in_json_is_quoted() {
        let error = serde_json::from_str::<Timeline>("\"7\"").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("\"7\" is not a timeline like 3-0a1b2c3d"),
            "{error}"
        );
    }
}
