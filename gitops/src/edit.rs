//! Edits single values of a YAML file that people maintain by hand, and keeps every other byte.
//!
//! The editor changes block mappings, scalars and lists of named items. It refuses to change other forms: anchors, tags
//! and values in flow style. It verifies every edit by reading the new text. Begin reading at [`edit()`].

mod change;
mod error;
mod list;
mod place;
mod scan;
mod splice;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use change::changes;
pub(crate) use change::{difference, merge};
pub use error::EditError;
pub(crate) use list::edit_list;
pub(crate) use place::line_of;

/// Returns the text after changing only the values that differ from `wanted`.
///
/// Fields that `T` does not have stay unchanged.
///
/// ```
/// use gitops::edit::edit;
/// use serde_json::json;
///
/// let text = "spec:\n  processesCount: 2 # two are enough\n  suspend: false\n";
/// let wanted = json!({"spec": {"processesCount": 3, "suspend": false}});
/// assert_eq!(edit(text, &wanted)?, "spec:\n  processesCount: 3 # two are enough\n  suspend: false\n");
///
/// // A value in flow style is refused, and nothing is changed.
/// let wanted = json!({"spec": {"suspend": true}});
/// let error = edit("spec: {suspend: false}\n", &wanted).unwrap_err();
/// assert!(error.to_string().starts_with("spec.suspend is written in a form that waxctl does not edit"));
/// # Ok::<(), gitops::edit::EditError>(())
/// ```
///
/// # Errors
/// The text is not of type `T`, a value is in a form that is not edited, or the new text does not have the wanted
/// values.
pub fn edit<T: DeserializeOwned + Serialize>(text: &str, wanted: &T) -> Result<String, EditError> {
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
