//! The user's code as a ConfigMap carries it: keys and bytes, with an identity by content.

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

/// The code of a dataflow: file contents under the keys that they have in a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    files: BTreeMap<String, Vec<u8>>,
}

/// The two halves of a ConfigMap: text stays readable, everything else is carried as bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigMapData {
    /// Values that are text.
    pub data: Option<BTreeMap<String, String>>,
    /// Values that are not.
    pub binary_data: Option<BTreeMap<String, ByteString>>,
}

/// Identity of some code: the SHA-256 of its keys and contents, 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeHash(String);

impl Code {
    /// No files at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one file, or replaces it.
    ///
    /// # Errors
    ///
    /// Fails if a ConfigMap can't have such a key.
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

    /// Content of one file.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.files.get(key).map(Vec::as_slice)
    }

    /// All files, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(key, bytes)| (key.as_str(), bytes.as_slice()))
    }

    /// Number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Size in a ConfigMap as the API server counts it, in bytes.
    #[must_use]
    pub fn packed_size(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }

    /// The code that a ConfigMap holds.
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

    /// The halves of a ConfigMap that holds this code.
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

    /// Identity of the code by content.
    ///
    /// Each length goes in front of what it measures, so that no two different sets of files can
    /// give the same stream of bytes.
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
    /// All 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first ten digits, as they stand in names.
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
            Err(format!("`{text}` is no SHA-256 in lower-case hex digits"))
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
