//! Decodes base64 where a secret may be inside: keys in kubeconfigs, basic authentication, Docker configurations.

/// Longest text that is decoded to judge a value. A secret is recognized by its start.
const LONGEST: usize = 256;
/// Longest text that is decoded to be searched.
const LONGEST_WHOLE: usize = 1 << 20;

/// Returns the decoded start of a text if it is ASCII, else `None`.
pub(super) fn text(encoded: &str) -> Option<String> {
    let text = String::from_utf8(decode(encoded, LONGEST)?).ok()?;
    let readable = |char: char| char.is_ascii_graphic() || char.is_ascii_whitespace();
    (!text.is_empty() && text.chars().all(readable)).then_some(text)
}

/// Returns the decoded text, or `None` if it contains characters that no text has.
pub(super) fn whole(encoded: &str) -> Option<String> {
    let text = String::from_utf8(decode(encoded, LONGEST_WHOLE)?).ok()?;
    let readable = |char: char| !char.is_control() || char.is_ascii_whitespace();
    (!text.is_empty() && text.chars().all(readable)).then_some(text)
}

fn decode(encoded: &str, longest: usize) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in encoded.bytes().take(longest) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => return None,
        };
        buffer = (buffer << 6 | u32::from(digit)) & 0x3fff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            decoded.push(u8::try_from(buffer >> bits & 0xff).unwrap_or_default());
        }
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("YW5uOmh1bnRlcjI=", Some("ann:hunter2"))]
    #[case("YW5uOmh1bnRlcjI", Some("ann:hunter2"))]
    #[case("not base64!", None)]
    #[case("/////w==", None)]
    #[case("", None)]
    fn readable_text_is_decoded(#[case] encoded: &str, #[case] decoded: Option<&str>) {
        assert_eq!(text(encoded).as_deref(), decoded);
    }

    #[test]
    fn whole_text_may_have_any_letters() {
        assert_eq!(whole("w7x4").as_deref(), Some("üx"));
        assert_eq!(whole(&"YWFh".repeat(100)).map(|text| text.len()), Some(300));
        assert_eq!(whole("AAAA"), None);
    }
}
