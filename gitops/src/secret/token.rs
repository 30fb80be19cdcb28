//! Finds tokens and keys by their shape alone: a fixed head and a number of characters of one alphabet.
//!
//! One table instead of regular expressions: nothing is compiled at the start of the program, and each position of a
//! text is compared with each head once, so that the time is linear in the text.

mod shapes;

use std::ops::Range;

use self::shapes::{Alphabet, SHAPES};
use super::base64;
use super::value::{entropy, is_ordinary, turns};

use Alphabet::{Hex, Upper, Wide, Word};

/// Longest token, so that the time stays linear in a hostile text.
const LONGEST: usize = 1024;
/// Length of the start by which a token is judged.
const JUDGED: usize = 128;

/// Returns the rule and the range of every token in a line, in the order of the line.
pub(super) fn tokens(line: &str) -> Vec<(&'static str, Range<usize>)> {
    let mut found = Vec::new();
    let bytes = line.as_bytes();
    let mut until = 0;
    for at in 0..bytes.len() {
        if at < until || !begins(bytes, at) {
            continue;
        }
        let hit = match bytes[at] {
            b'+' | b'/' => aws_secret(&line[at..]),
            b'$' | b'{' => weak_hash(&line[at..]),
            byte if byte.is_ascii_alphanumeric() => {
                headed(&line[at..]).or_else(|| headless(&line[at..]))
            }
            _ => None,
        };
        if let Some((rule, length)) = hit {
            found.push((rule, at..at + length));
            until = at + length;
        }
    }
    found
}

/// Returns true if a word begins here. The letter of an escape, as in `\nghp_`, does not belong to the word.
fn begins(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|at| bytes[at]) else {
        return true;
    };
    let escape = at >= 2 && bytes[at - 2] == b'\\' && matches!(before, b'n' | b'r' | b't');
    escape || !(before.is_ascii_alphanumeric() || before == b'_')
}

/// Returns the rule and the length of the token at the start of a text, if one of the table is there.
fn headed(text: &str) -> Option<(&'static str, usize)> {
    for shape in SHAPES {
        let head = shape.heads.iter().find(|head| text.starts_with(**head));
        let Some(head) = head else { continue };
        let rest = run(&text[head.len()..], shape.alphabet);
        let exact = !matches!(shape.alphabet, Hex) || rest.len() <= shape.fewest + 32;
        if rest.len() >= shape.fewest && exact && plausible(head, rest) {
            return Some((shape.rule, head.len() + rest.len()));
        }
    }
    None
}

fn run(text: &str, alphabet: Alphabet) -> &str {
    let belongs = |char: char| match alphabet {
        Hex => char.is_ascii_digit() || ('a'..='f').contains(&char),
        Upper => char.is_ascii_digit() || char.is_ascii_uppercase(),
        Word => char.is_ascii_alphanumeric() || "_-".contains(char),
        Wide => char.is_ascii_alphanumeric() || "_-.~+/=:%@".contains(char),
    };
    let mut end = 0;
    for char in text.chars().take(LONGEST) {
        if !belongs(char) {
            break;
        }
        end += char.len_utf8();
    }
    text[..end].trim_end_matches(['.', ':', '-'])
}

/// Returns true if the rest of a token was made by a machine: `sk-your-key-here` and `hf_hub_download` were not.
fn plausible(head: &str, rest: &str) -> bool {
    let rest = rest.get(..JUDGED).unwrap_or(rest);
    let digit = rest.bytes().any(|b| b.is_ascii_digit());
    let different = rest
        .bytes()
        .collect::<std::collections::BTreeSet<u8>>()
        .len();
    let longest = rest
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::len)
        .max();
    let long = longest.unwrap_or_default();
    if head.len() == 4 && head.bytes().all(|b| b.is_ascii_uppercase()) && rest.len() <= 16 {
        return different >= 4 && (digit || rest.len() == 16);
    }
    let short_head = head.len() <= 3;
    let mixed = turns(rest) >= 3 || (!short_head && turns(rest) >= 1);
    different >= 6 && !is_ordinary(rest) && (digit || turns(rest) >= 4) && mixed && long >= 8
}

/// Returns the rule and the length of a hashed password of `.htpasswd` that is found out quickly.
fn weak_hash(text: &str) -> Option<(&'static str, usize)> {
    let (start, length) = if text.starts_with("{SHA}") {
        (5, 28)
    } else {
        let heads = ["$apr1$", "$1$"].iter();
        let head = heads.copied().find(|head| text.starts_with(head))?;
        let salt = text[head.len()..].find('$').filter(|salt| *salt <= 8)?;
        (head.len() + salt + 1, 22)
    };
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=.".contains(byte);
    let rest = text.bytes().skip(start).take(length + 1);
    let whole = rest.take_while(belongs).count() == length;
    whole.then_some(("a password hashed with MD5 or SHA-1", start + length))
}

/// Returns the rule and the length of a token that has no fixed head.
fn headless(text: &str) -> Option<(&'static str, usize)> {
    let wide = |head: &str| text.starts_with(head).then(|| run(text, Wide));
    if let Some(token) = wide("eyJ").filter(|token| is_jwt(token)) {
        return Some(("a JSON Web Token", token.len()));
    }
    if let Some(encoded) = wide("LS0tLS1CRUdJTi") {
        let pem = base64::text(encoded.trim_end_matches('='));
        let private = pem.is_some_and(|pem| pem.contains("PRIVATE KEY"));
        return private.then_some(("a private key", encoded.len()));
    }
    let digits = text.bytes().take(11).take_while(u8::is_ascii_digit).count();
    if (8..=10).contains(&digits) && text[digits..].starts_with(":AA") {
        let rest = run(&text[digits + 1..], Word);
        return (rest.len() >= 30).then_some(("a Telegram token", digits + 1 + rest.len()));
    }
    discord(text)
        .or_else(|| mailchimp(text))
        .or_else(|| azure(text))
        .or_else(|| aws_secret(text))
}

/// A token of a Discord bot has three parts: its number in base64, a time of six characters, and a hash.
fn discord(text: &str) -> Option<(&'static str, usize)> {
    let is_head = text.starts_with(['M', 'N', 'O']);
    let dot = text.bytes().take(31).position(|byte| byte == b'.')?;
    let token = (is_head && dot >= 23).then(|| run(text, Wide))?;
    let lengths: Vec<usize> = token.split('.').map(str::len).collect();
    matches!(lengths[..], [_, 6, hash] if hash >= 27).then_some(("a Discord token", token.len()))
}

fn mailchimp(text: &str) -> Option<(&'static str, usize)> {
    let (key, place) = text.get(..36)?.split_at_checked(32)?;
    let is_key = key
        .bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (is_key && place.starts_with("-us")).then_some(("a Mailchimp key", 36))
}

fn is_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let (head, body, signature) = (parts.next(), parts.next(), parts.next());
    let long = |part: Option<&str>, least| part.is_some_and(|part| part.len() >= least);
    // The second part is a JSON object too, unless the token is encrypted.
    long(head, 10) && long(body, 10) && long(signature, 10)
}

/// The secret of an Azure application has `Q~` after three characters and a digit.
fn azure(text: &str) -> Option<(&'static str, usize)> {
    let head = text.get(..6)?;
    let is_head = head.as_bytes()[3].is_ascii_digit() && head.ends_with("Q~");
    let token = is_head.then(|| run(text, Wide))?;
    (token.len() >= 34).then_some(("an Azure client secret", token.len()))
}

/// The secret of an AWS key has 40 characters of base64 and no head. A hash has fewer turns, or no upper case.
fn aws_secret(text: &str) -> Option<(&'static str, usize)> {
    let belongs = |char: char| char.is_ascii_alphanumeric() || "+/".contains(char);
    let end = text
        .chars()
        .take(41)
        .take_while(|char| belongs(*char))
        .count();
    if end != 40 || text[end..].starts_with(['=', '_', '-']) {
        return None;
    }
    let token = &text[..end];
    let has = |is: fn(&u8) -> bool| token.bytes().any(|byte| is(&byte));
    let all = has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let random = all && turns(token) >= 8 && entropy(token) >= 4.2;
    random.then_some(("an AWS secret key", end))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Tokens are built from parts: forges refuse a push that contains what looks like one.
    #[rstest::rstest]
    #[case("an AWS access key", &["AKIA", "IOSFODNN7EXAMPLE"])]
    #[case("an AWS access key", &["AKIA", "ZQ3DHTQ4EXAMPL7"])]
    #[case("a GitHub token", &["ghp_", "0123456789abcdefghijABCDEFGHIJ"])]
    #[case("a GitLab token", &["glpat-", "x8Kd9fLq2Ws7Vb3Nz1Yt"])]
    #[case("a Slack token", &["xoxb-", "123456789012-123456789012-", "x8Kd9fLq2Ws7Vb3Nz1Yt4321"])]
    #[case("a Stripe key", &["sk_live_", "x8Kd9fLq2Ws7Vb3Nz1Yt4321"])]
    #[case("an Anthropic key", &["sk-ant-", "api03-x8Kd9fLq2Ws7Vb3Nz1Yt4321"])]
    #[case("a Telegram token", &["123456789", ":AA", "x8Kd9fLq2Ws7Vb3Nz1Yt4321abcdEFGHIJ"])]
    #[case("a JSON Web Token", &["eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.", "x8Kd9fLq2Ws7Vb3Nz1Yt"])]
    #[case("an AWS secret key", &["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYEXAMPLEKEY"])]
    #[case("a password hashed with MD5 or SHA-1", &["$apr1", "$x8Kd9fLq$", "Ws7Vb3Nz1YtZk8Qv3xT9r."])]
    #[case("a password hashed with MD5 or SHA-1", &["{SHA}", "W6ph5Mm5Pz8Ggi", "ULbPgzG37mj9g="])]
    #[case("an Azure client secret", &["abc8", "Q~", "x8Kd9fLq2Ws7Vb3Nz1Yt4321abcdEFGH"])]
    fn token_is_found_by_shape(#[case] rule: &str, #[case] parts: &[&str]) {
        let token = parts.concat();
        for line in [
            token.clone(),
            format!("a = '{token}' # x"),
            format!("\"x\\n{token}\\n\""),
        ] {
            let found = tokens(&line);
            let [(what, range)] = &found[..] else {
                panic!("{line}: {found:?}");
            };
            assert_eq!(*what, rule, "{line}");
            assert_eq!(&line[range.clone()], token, "{line}");
        }
    }

    #[rstest::rstest]
    #[case("ASIAPACIFICREGION")]
    #[case("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    #[case("sk-your-api-key-goes-here-please")]
    #[case("from huggingface_hub import hf_hub_download_and_cache_everything")]
    #[case("sk-learn-contrib-imbalanced-learn-0-12")]
    #[case("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    #[case("da39a3ee5e6b4b0d3255bfef95601890afd80709")]
    #[case("eyJ is how JSON begins in base64")]
    #[case("pattern = re.compile(r'AKIA[0-9A-Z]{16}')")]
    #[case("/Users/ann/Projects/Orders/Flows/Main.py")]
    #[case("TestingSourceOfOrdersAndPaymentsInEurope")]
    fn harmless_text_has_no_token(#[case] line: &str) {
        assert_eq!(tokens(line), []);
    }

    #[test]
    fn hostile_line_is_searched_once() {
        let line = "eyJ".repeat(200_000) + &"ghp_".repeat(200_000);
        assert!(tokens(&line).len() < 2);
    }
}
