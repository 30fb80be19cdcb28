//! The revision: a short hash that identifies a spec together with its code.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::code::CodeHash;
use crate::hex;
use crate::spec::DataflowSpec;

#[cfg(test)]
mod tests;

/// Version of the text that is hashed. A release that changes this text must still compute the old one. Otherwise every
/// dataflow restarts when the operator is upgraded.
const VERSION: &str = "v1:";

/// Fields that are not part of the revision. Size and suspension change without a new revision. The name of the
/// ConfigMap does not matter, only its content. The name of the archive matters, since a ConfigMap can hold several.
const LEFT_OUT: [&str; 3] = ["processesCount", "suspend", "configMapName"];

const DIGITS: usize = 10;

/// Identity of a spec together with its code: ten hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionId(String);

/// Error: a text is not ten lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a revision: a revision has ten lower-case hex digits")]
pub struct RevisionIdError(String);

/// Computes the revision of a spec together with its code.
///
/// The revision changes with every field that affects the processes. It does not change when a default is written out,
/// or when only the size, the suspension or the name of the ConfigMap changes. `chartValues` is hashed as text, so the
/// revision does not depend on how a release parses YAML.
#[must_use]
pub fn revision(spec: &DataflowSpec, code: &CodeHash) -> RevisionId {
    let mut spec = spec.without_defaults();
    // An action is a one-time change of the state, and volumes are changed in place: neither needs a new revision.
    if let Some(recovery) = &mut spec.recovery {
        recovery.action = None;
        recovery.persistence = None;
    }
    let value = serde_json::to_value(spec.without_defaults()).expect("a spec is plain JSON");
    let mut text = VERSION.to_owned();
    write_sorted(&value, &LEFT_OUT, &mut text);
    text.push('\n');
    text.push_str(code.as_str());
    let mut digits = hex::encode(&Sha256::digest(text.as_bytes()));
    digits.truncate(DIGITS);
    RevisionId(digits)
}

/// Writes JSON with sorted keys and without the top-level keys in `left_out`.
///
/// The keys are sorted here because the order of a `serde_json` map depends on a feature that any crate of the build
/// can enable.
fn write_sorted(value: &Value, left_out: &[&str], text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map
                .keys()
                .filter(|key| !left_out.contains(&key.as_str()))
                .collect();
            keys.sort();
            text.push('{');
            for key in keys {
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                write_sorted(&map[key], &[], text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_sorted(item, &[], text);
                text.push(',');
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

impl RevisionId {
    /// Returns the ten digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RevisionId {
    type Err = RevisionIdError;

    fn from_str(text: &str) -> Result<Self, RevisionIdError> {
        if hex::is_hex(text, DIGITS) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RevisionIdError(text.to_owned()))
        }
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
