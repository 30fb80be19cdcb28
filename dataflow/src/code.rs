//! The user's code as the content of a ConfigMap: keys and bytes, identified by a hash of both.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::ConfigMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex;

mod archive;
mod error;
mod key;
mod limit;

#[cfg(test)]
mod tests;

pub use archive::{PackFile, pack, unpack};
pub use error::CodeError;
pub use key::{key_for_path, path_for_key};
pub use limit::{MAX_BYTES, WARN_BYTES};

/// The code of a dataflow: file contents by their keys in a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    files: BTreeMap<String, Vec<u8>>,
}

/// The two data fields of a ConfigMap: text stays readable, everything else is stored as bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigMapData {
    /// Values that are UTF-8 text.
    pub data: Option<BTreeMap<String, String>>,
    /// Values that are not UTF-8 text.
    pub binary_data: Option<BTreeMap<String, ByteString>>,
}

/// Identity of code: the SHA-256 of its keys and contents, 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeHash(String);

impl Code {
    /// Returns code without any file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces one file.
    ///
    /// # Errors
    ///
    /// Fails if the key is not valid in a ConfigMap.
    pub fn insert(
        &mut self,
        key: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
    ) -> Result<(), CodeError> {
        let key = key.into();
        if !key::is_config_map_key(&key) {
            return Err(CodeError::Key(key));
        }
        self.files.insert(key, bytes.into());
        Ok(())
    }

    /// Returns the content of one file.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.files.get(key).map(Vec::as_slice)
    }

    /// Returns all files, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(key, bytes)| (key.as_str(), bytes.as_slice()))
    }

    /// Returns the number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Returns true if there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the size in bytes that the API server counts for the ConfigMap.
    #[must_use]
    pub fn packed_size(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }

    /// Returns the code that a ConfigMap contains.
    #[must_use]
    pub fn from_config_map(config_map: &ConfigMap) -> Self {
        let texts = config_map.data.iter().flatten();
        let binaries = config_map.binary_data.iter().flatten();
        Self {
            files: texts
                .map(|(key, text)| (key.clone(), text.clone().into_bytes()))
                .chain(binaries.map(|(key, bytes)| (key.clone(), bytes.0.clone())))
                .collect(),
        }
    }

    /// Returns the data fields of a ConfigMap that contains this code.
    #[must_use]
    pub fn to_config_map_data(&self) -> ConfigMapData {
        let mut halves = ConfigMapData::default();
        for (key, bytes) in &self.files {
            match std::str::from_utf8(bytes) {
                Ok(text) => {
                    let data = halves.data.get_or_insert_default();
                    data.insert(key.clone(), text.to_owned());
                }
                Err(_) => {
                    let binary_data = halves.binary_data.get_or_insert_default();
                    binary_data.insert(key.clone(), ByteString(bytes.clone()));
                }
            }
        }
        halves
    }

    /// Computes the identity of the code from its content.
    ///
    /// Each key and each content is preceded by its length, so two different sets of files never give the same
    /// stream of bytes.
    #[must_use]
    pub fn hash(&self) -> CodeHash {
        let mut sha = Sha256::new();
        for (key, bytes) in &self.files {
            for part in [key.as_bytes(), bytes] {
                sha.update((part.len() as u64).to_be_bytes());
                sha.update(part);
            }
        }
        CodeHash(hex::encode(&sha.finalize()))
    }
}

impl CodeHash {
    /// Returns all 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first ten digits, which names of objects contain.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..10]
    }
}

impl TryFrom<String> for CodeHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if hex::is_hex(&text, 64) {
            Ok(Self(text))
        } else {
            Err(format!(
                "`{text}` is not a SHA-256 hash in lower-case hex digits"
            ))
        }
    }
}

impl FromStr for CodeHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.to_owned().try_into()
    }
}

impl From<CodeHash> for String {
    fn from(hash: CodeHash) -> Self {
        hash.0
    }
}

impl fmt::Display for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}
