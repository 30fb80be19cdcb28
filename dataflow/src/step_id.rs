//! Writes step ids in sentences.

use std::borrow::Cow;

/// Returns a step id as a sentence shows it: in backticks if it contains spaces, so that its end can be seen.
#[must_use]
pub fn shown(id: &str) -> Cow<'_, str> {
    if id.contains(char::is_whitespace) {
        Cow::Owned(format!("`{id}`"))
    } else {
        Cow::Borrowed(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_with_spaces_is_quoted() {
        assert_eq!(shown("orders.sum"), "orders.sum");
        assert_eq!(shown("orders.sum per user"), "`orders.sum per user`");
    }
}
