//! Finds private keys in the form of PEM, in lines of their own or in one line with `\n`.

use std::ops::Range;

/// Longest key that is followed to its end, in lines.
const LONGEST: usize = 200;
/// Shortest line of base64 that makes a heading the beginning of a key.
const SHORTEST_BODY: usize = 16;
const BEGIN: &str = "-----BEGIN ";

/// Returns where a private key begins in `lines[at]`, and how many lines it has. A heading alone, as programs compare
/// with, is no key.
pub(super) fn private_key(lines: &[&str], at: usize) -> Option<(Range<usize>, usize)> {
    let line = lines[at];
    if let Some(start) = line.find("PuTTY-User-Key-File-") {
        return Some((start..line.len(), until(lines, at, "Private-MAC:")));
    }
    let start = line.find(BEGIN)?;
    let heading = line[start + BEGIN.len()..].split("-----").next()?;
    if heading.len() > 40 || !heading.contains("PRIVATE KEY") {
        return None;
    }
    let rest = &line[start + BEGIN.len() + heading.len()..];
    let rest = rest.strip_prefix("-----").unwrap_or_default();
    let closed = rest.trim_end().starts_with(['"', '\'', '`', ')', ']']);
    let here = has_body(rest.trim_start_matches("\\n"));
    let next = lines.get(at + 1).copied().unwrap_or_default().trim();
    let below = has_body(next) || next.contains(": ");
    if closed && !here && !below {
        return None;
    }
    let count = if here && rest.contains("-----END") {
        1
    } else {
        until(lines, at, "-----END")
    };
    Some((start..line.len(), count))
}

fn has_body(text: &str) -> bool {
    let text = text.trim_start_matches([' ', '"', '\'', '+', '#', '\t', '\\', 'n', 'r']);
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    text.bytes().take_while(belongs).count() >= SHORTEST_BODY
}

/// Returns the number of lines up to the one that contains `end`; one if there is none.
fn until(lines: &[&str], at: usize, end: &str) -> usize {
    let body = lines[at..].iter().take(LONGEST);
    body.clone()
        .position(|line| line.contains(end))
        .map_or(1, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "-----BEGIN RSA PRIVATE KEY-----";

    #[rstest::rstest]
    #[case(&[HEAD, "MIIEowIBAAKCAQEAx8Kd9f", "-----END RSA PRIVATE KEY-----"], Some(3))]
    #[case(&[HEAD, "Proc-Type: 4,ENCRYPTED", "x"], Some(1))]
    #[case(&["-----BEGIN OPENSSH PRIVATE KEY-----"], Some(1))]
    #[case(&["k = '-----BEGIN PRIVATE KEY-----\\nMIIEowIBAAKCAQEAx8\\n-----END PRIVATE KEY-----'"], Some(1))]
    #[case(&["if text.startswith('-----BEGIN PRIVATE KEY-----'):", "    load(text)"], None)]
    #[case(&["-----BEGIN PUBLIC KEY-----", "MIIEowIBAAKCAQEAx8Kd9f"], None)]
    #[case(&["-----BEGIN CERTIFICATE-----", "MIIEowIBAAKCAQEAx8Kd9f"], None)]
    fn private_key_is_found(#[case] lines: &[&str], #[case] count: Option<usize>) {
        assert_eq!(private_key(lines, 0).map(|(_, count)| count), count);
    }
}
