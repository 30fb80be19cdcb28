//! Prints objects in the requested format.

use gitops::object::{Format, document};
use serde::Serialize;

use crate::error::CommandError;
use crate::ui::Ui;

/// Prints an object, or a list of them, as one document.
pub(super) fn print(
    value: &impl Serialize,
    format: Format,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let text = document(value, format).map_err(|error| {
        CommandError::failure("cannot write the objects as YAML").because(error)
    })?;
    ui.data(&text)
}
