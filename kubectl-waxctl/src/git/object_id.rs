//! The names of git objects.

use std::fmt;

use thiserror::Error;

/// The name of a git object, SHA-1 or SHA-256, in hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectId(String);

/// A text that is no object name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not the name of a git object")]
pub(crate) struct NotAnObject(String);

impl ObjectId {
    /// Parses an object name as git prints it.
    pub(crate) fn parse(text: &str) -> Result<ObjectId, NotAnObject> {
        let text = text.trim();
        let known = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if known {
            Ok(ObjectId(text.to_owned()))
        } else {
            Err(NotAnObject(text.to_owned()))
        }
    }

    /// Returns the name in hex.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first seven digits, as git abbreviates names.
    pub(crate) fn short(&self) -> &str {
        &self.0[..7]
    }

    /// Returns the name as the bytes in a tree object.
    pub(super) fn raw(&self) -> Vec<u8> {
        self.0
            .as_bytes()
            .chunks(2)
            .map(|pair| (digit(pair[0]) << 4) | digit(pair[1]))
            .collect()
    }

    /// Creates the name from the bytes in a tree object.
    pub(super) fn from_raw(raw: &[u8]) -> ObjectId {
        ObjectId(raw.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex - b'0',
        _ => (hex | 0x20) - b'a' + 10,
    }
}
