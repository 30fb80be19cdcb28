//! Reads one character of a text in each form in which programs write it: as it is, or escaped for JSON, a URL or HTML.

/// Longest run of backslashes before an escape. JSON inside JSON doubles them.
const MOST_BACKSLASHES: usize = 31;
/// Longest name of a character in HTML.
const LONGEST_ENTITY: usize = 12;

/// A character, or one byte of it, with the width in which a text writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    bytes: [u8; 4],
    count: usize,
    /// Number of bytes of the text.
    pub(super) width: usize,
}

impl Unit {
    fn byte(byte: u8, width: usize) -> Self {
        Self {
            bytes: [byte, 0, 0, 0],
            count: 1,
            width,
        }
    }

    fn char(char: char, width: usize) -> Self {
        let mut bytes = [0; 4];
        let count = char.encode_utf8(&mut bytes).len();
        Self {
            bytes,
            count,
            width,
        }
    }

    /// Returns what is meant, as UTF-8.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.count]
    }
}

/// Whether more than the byte itself can be meant where this byte stands.
pub(super) fn is_ambiguous(byte: u8) -> bool {
    b"\\%&+-_".contains(&byte)
}

/// Returns everything that can be meant at the beginning of a text: first what an escape means, then the byte itself.
pub(super) fn units(text: &[u8]) -> Vec<Unit> {
    let Some(first) = text.first() else {
        return Vec::new();
    };
    let mut units: Vec<Unit> = escaped(text).into_iter().collect();
    match first {
        b'\\' => {
            let run = backslashes(text);
            let doubled = [8, 4, 2].into_iter().filter(|width| *width <= run);
            units.extend(doubled.map(|width| Unit::byte(b'\\', width)));
        }
        b'+' => units.push(Unit::byte(b' ', 1)),
        // base64 for URLs has these in place of two others.
        b'-' => units.push(Unit::byte(b'+', 1)),
        b'_' => units.push(Unit::byte(b'/', 1)),
        _ => {}
    }
    units.push(Unit::byte(*first, 1));
    units
}

/// Returns a text with its escapes replaced by what they mean, or `None` if it has none.
pub(super) fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let mut changed = false;
    while at < bytes.len() {
        if let Some(unit) = escaped(&bytes[at..]) {
            plain.extend(unit.bytes());
            at += unit.width;
            changed = true;
        } else {
            plain.push(bytes[at]);
            at += 1;
        }
    }
    changed.then(|| String::from_utf8_lossy(&plain).into_owned())
}

/// Returns what the escape at the beginning of a text means.
fn escaped(text: &[u8]) -> Option<Unit> {
    match text.first()? {
        b'\\' => behind_backslashes(text),
        b'%' => {
            let byte = u8::try_from(hex(text.get(1..3)?)?).ok()?;
            Some(Unit::byte(byte, 3))
        }
        b'&' => entity(text),
        _ => None,
    }
}

fn backslashes(text: &[u8]) -> usize {
    let run = text.iter().take(MOST_BACKSLASHES);
    run.take_while(|byte| **byte == b'\\').count()
}

/// Reads `\n`, `\"`, `\x41`, `\u0041` and the like, with one backslash or many.
fn behind_backslashes(text: &[u8]) -> Option<Unit> {
    let run = backslashes(text);
    let letter = *text.get(run)?;
    let digits = |count: usize| hex(text.get(run + 1..run + 1 + count)?);
    let byte = match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'"' | b'\'' | b'/' | b'`' | b'$' | b' ' => letter,
        b'x' => {
            let char = char::from_u32(digits(2)?)?;
            return Some(Unit::char(char, run + 3));
        }
        b'U' => {
            let char = char::from_u32(digits(8)?)?;
            return Some(Unit::char(char, run + 9));
        }
        b'u' => return utf16(text, run),
        _ => return None,
    };
    Some(Unit::byte(byte, run + 1))
}

/// Reads `\u0041`, and the two halves of a character outside of the first plane.
fn utf16(text: &[u8], run: usize) -> Option<Unit> {
    let width = run + 5;
    let first = hex(text.get(run + 1..width)?)?;
    if let Some(char) = char::from_u32(first) {
        return Some(Unit::char(char, width));
    }
    let rest = text.get(width..)?;
    let second = rest.get(run..=run).filter(|letter| *letter == b"u");
    let second = second.and(hex(rest.get(run + 1..run + 5)?))?;
    let halves = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    let char = char::decode_utf16(halves).next()?.ok()?;
    Some(Unit::char(char, width + width))
}

/// Reads `&amp;`, `&#65;` and `&#x41;`.
fn entity(text: &[u8]) -> Option<Unit> {
    let mut near = text.iter().take(LONGEST_ENTITY);
    let end = near.position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(text.get(1..end)?).ok()?;
    let char = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some(Unit::char(char, end + 1))
}

fn hex(digits: &[u8]) -> Option<u32> {
    let all = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| all)?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::json(r"p\u0041\n\/\x42", "pA\n/B")]
    #[case::json_in_json(r#"{\\\"a\\\": \\u0041}"#, r#"{"a": A}"#)]
    #[case::outside_of_first_plane(r"\ud83d\ude00!", "\u{1f600}!")]
    #[case::url("a%40b%c3%bc", "a@b\u{fc}")]
    #[case::html("&lt;a&#65;&#x42;&amp;", "<aAB&")]
    fn escapes_are_decoded(#[case] text: &str, #[case] plain: &str) {
        assert_eq!(decoded(text).as_deref(), Some(plain));
    }

    #[rstest::rstest]
    #[case("100 % of a & b; c")]
    #[case(r"C:\Windows")]
    #[case(r"\ud83d")]
    #[case("%")]
    fn text_without_escape_stays(#[case] text: &str) {
        assert_eq!(decoded(text), None);
    }
}
