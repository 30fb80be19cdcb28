//! Finds texts that are encoded in base64, such as the values of a Secret, so that they can be searched.

use std::ops::Range;

use super::base64;

/// Shortest base64 that is decoded: shorter ones have no room for a name with a value.
const SHORTEST: usize = 16;
/// Number of its first digits by which most of what looks like base64 is told from it.
const HEAD: usize = 8;

/// Returns the decoded texts of a line, with the places of their base64. What is no text in the end is left out.
pub(super) fn texts(line: &str) -> Vec<(Range<usize>, String)> {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/_-".contains(byte);
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        // The letter of an escape, as in `\ncGFz`, does not belong to the text.
        let escaped = at > 0 && bytes[at - 1] == b'\\' && matches!(bytes[at], b'n' | b'r' | b't');
        at += usize::from(escaped);
        let length = bytes[at..].iter().take_while(|byte| belongs(byte)).count();
        let range = at..at + length;
        at = range.end + 1;
        if length < SHORTEST {
            continue;
        }
        let encoded = &line[range.clone()];
        if base64::text(&encoded[..HEAD]).is_some()
            && let Some(text) = base64::whole(encoded)
        {
            found.push((range, text));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("x: cGFzc3dvcmQ9aHVudGVyMg==", &["password=hunter2"])]
    #[case("b64decode('cGFzc3dvcmQ9aHVudGVyMg==')", &["password=hunter2"])]
    #[case("cGFzc3dvcmQ6IHPDvMOf cGFzc3dvcmQ9aHVudGVyMg", &["password: süß", "password=hunter2"])]
    #[case("the_name_of_a_function_with_words", &[])]
    #[case("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk", &[])]
    #[case("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", &[])]
    #[case("aHVudGVyMg==", &[])]
    fn encoded_text_is_decoded(#[case] line: &str, #[case] expected: &[&str]) {
        let found = texts(line).into_iter();
        assert_eq!(found.map(|(_, text)| text).collect::<Vec<_>>(), expected);
    }
}
