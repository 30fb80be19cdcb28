//! Changes single values of a YAML file that people have edited, and leaves every other byte alone.
//!
//! Understood is what people write by hand: block mappings, scalars, lists of named items. Anything else that would
//! have to change (anchors, tags, values in flow style) is refused. Whatever was done is verified by reading it back.

mod change;
mod error;
mod scan;
mod splice;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use change::changes;
pub(crate) use change::merge;
pub(crate) use error::EditError;

/// The text with just those values changed that make it mean `wanted`.
///
/// Fields that `T` does not know stay as they are.
pub(crate) fn edit<T: DeserializeOwned + Serialize>(
    text: &str,
    wanted: &T,
) -> Result<String, EditError> {
    let wanted = to_value(wanted)?;
    let mut edited = text.to_owned();
    for change in changes(&to_value(&read::<T>(text)?)?, &wanted) {
        edited = splice::apply(&edited, &change)?;
    }
    let meant = read::<T>(&edited)
        .ok()
        .map(|value| to_value(&value))
        .transpose()?;
    if meant == Some(wanted) {
        Ok(edited)
    } else {
        Err(EditError::Unverified)
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, EditError> {
    dataflow::yaml::from_str(text).map_err(EditError::Unreadable)
}

fn to_value<T: Serialize>(value: &T) -> Result<Value, EditError> {
    serde_json::to_value(value).map_err(|_| EditError::Unwritable("the file".into()))
}
