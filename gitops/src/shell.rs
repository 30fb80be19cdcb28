//! Quotes paths and names in commands that a person types into a shell.

use std::borrow::Cow;

/// Characters that no shell interprets within a word.
const PLAIN: &str = "-_./:=@%+,";

/// Returns a text as one word of a POSIX shell, in quotes only if it needs them.
#[must_use]
pub fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |char: char| char.is_alphanumeric() || PLAIN.contains(char);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_shell_interprets() {
        for (text, want) in [
            ("apps/prod/orders", "apps/prod/orders"),
            ("git@host:shop/x.git", "git@host:shop/x.git"),
            ("Größe", "Größe"),
            ("", "''"),
            ("my flows", "'my flows'"),
            ("$HOME", "'$HOME'"),
            ("it's", r"'it'\''s'"),
            ("main.py:get_flow()", "'main.py:get_flow()'"),
            ("~/x", "'~/x'"),
        ] {
            assert_eq!(word(text), want);
        }
    }
}
