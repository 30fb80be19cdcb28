//! Judges values: placeholders, ordinary words, references, and texts that look random.
//!
//! A placeholder is a whole value, never a character in it: `${X}` is one, `S3cr3t$Pass` is none.

use std::collections::BTreeSet;

mod list;

use self::list::{BESIDE_PLACEHOLDERS, FILES, ORDINARY, ORDINARY_VALUES, REFERENCES};
use super::name;

/// Number of different characters that a secret has at least.
const FEWEST_CHARACTERS: usize = 3;
/// Length of the shortest text that is judged as random.
const SHORTEST_RANDOM: usize = 16;
/// Length of the shortest part without separators that is judged as random.
const SHORTEST_PART: usize = 12;

/// Returns true if a value cannot be a secret, whatever its name is.
pub(crate) fn is_harmless(value: &str) -> bool {
    let value = value.trim();
    let characters: BTreeSet<char> = value.chars().take(200).collect();
    characters.len() < FEWEST_CHARACTERS
        || is_placeholder(value)
        || is_ordinary(value)
        || refers(value)
        || is_tag(value)
        || value.ends_with("...")
        || is_path(value)
        || is_label(value)
        || is_plain_url(value)
}

/// Returns true if the whole value consists of placeholders, such as `${X}`, `$(X)`, `{{ x }}`, `<x>` or `%X%`.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    if let Some(name) = text.strip_prefix('$')
        && is_variable(name)
    {
        return true;
    }
    if let Some(inner) = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        return !inner.contains(char::is_numeric);
    }
    let mut rest = String::new();
    let mut found = false;
    let mut at = 0;
    while at < text.len() {
        if let Some((length, default)) = placeholder(&text[at..]) {
            found = true;
            rest.push_str(default);
            at += length;
        } else {
            let char = text[at..].chars().next().unwrap_or(' ');
            rest.push(char);
            at += char.len_utf8();
        }
    }
    let letters: String = rest.chars().filter(|char| char.is_alphanumeric()).collect();
    let beside = BESIDE_PLACEHOLDERS.contains(&letters.to_lowercase().as_str());
    let default = found && !letters.is_empty() && is_ordinary(&rest);
    letters.is_empty() || (found && beside) || default
}

/// Returns the length of the placeholder at the start of a text, and the default value in it.
fn placeholder(text: &str) -> Option<(usize, &str)> {
    let enclosed = |open: &str, close: &str| {
        let inner = text.strip_prefix(open)?;
        let end = inner.bytes().take(200).collect::<Vec<_>>();
        let end = find(&end, close.as_bytes())?;
        Some((open.len() + end + close.len(), inner.get(..end)?))
    };
    let simple = |inner: &str| {
        let plain = |char: char| char.is_alphanumeric() || " _.-[]'\"()!:,/|".contains(char);
        inner.len() <= 80 && inner.chars().all(plain)
    };
    if let Some((length, inner)) = enclosed("${", "}") {
        let default = inner.split_once(':').map_or("", |(_, default)| default);
        let default = default.strip_prefix('?').map_or(default, |_| "");
        return Some((length, default.trim_start_matches(['-', '=', '+'])));
    }
    for (open, close) in [
        ("$(", ")"),
        ("{{", "}}"),
        ("{%", "%}"),
        ("#{", "}"),
        ("%(", ")s"),
    ] {
        if let Some((length, _)) = enclosed(open, close) {
            return Some((length, ""));
        }
    }
    for (open, close) in [("{", "}"), ("<", ">")] {
        if let Some((length, inner)) = enclosed(open, close)
            && simple(inner)
            && !is_quoted(inner)
        {
            return Some((length, ""));
        }
    }
    for (open, close) in [("%", "%"), ("@", "@"), ("__", "__")] {
        if let Some((length, inner)) = enclosed(open, close)
            && inner.len() > 1
            && is_variable(inner)
            && inner.to_uppercase() == inner
        {
            return Some((length, ""));
        }
    }
    let format = ["%s", "%r", "%v", "%q", "%d"];
    format
        .iter()
        .find(|form| text.starts_with(**form))
        .map(|form| (form.len(), ""))
}

/// Returns true for a string in an f-string, as in `f"{'x'}"`.
fn is_quoted(inner: &str) -> bool {
    let inner = inner.trim();
    let of = |quote: char| {
        let text = inner
            .strip_prefix(quote)
            .and_then(|text| text.strip_suffix(quote));
        text.is_some_and(|text| !text.contains(quote))
    };
    of('\'') || of('"')
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Returns true for a name of a variable; one in lower case has no digit, because a password can begin with `$`.
fn is_variable(name: &str) -> bool {
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let upper = !name.bytes().any(|b| b.is_ascii_lowercase());
    letters && begins && (upper || !name.bytes().any(|b| b.is_ascii_digit()))
}

/// Returns true if a text consists of ordinary words.
pub(crate) fn is_ordinary(text: &str) -> bool {
    let lower = text.to_lowercase();
    if ORDINARY_VALUES.contains(&lower.as_str()) {
        return true;
    }
    let separators = |char: char| char.is_alphabetic() || " -_./:,'?!<>()".contains(char);
    if text.len() > 100 || !text.chars().all(separators) {
        return false;
    }
    let known = |word: &String| ORDINARY.split_whitespace().any(|known| known == word);
    known(&lower) || name::words(text).iter().all(known)
}

fn refers(value: &str) -> bool {
    let lower = value.to_lowercase();
    REFERENCES
        .iter()
        .any(|head| value.starts_with(head) || lower.starts_with(head))
}

/// Returns true for a tag of YAML, such as `!vault |`.
fn is_tag(value: &str) -> bool {
    let tag = value
        .strip_prefix('!')
        .map(|tag| tag.split(' ').next().unwrap_or_default());
    tag.is_some_and(|tag| !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// Returns true for the path of a file, or its name with a usual extension.
fn is_path(value: &str) -> bool {
    let heads = ["/", "./", "../", "~/", "%h/"];
    let part = |char: char| char.is_ascii_alphanumeric() || "/._-~%".contains(char);
    let extension = value
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    let begins = heads.iter().any(|head| value.starts_with(head));
    (begins || FILES.contains(&extension))
        && value.chars().all(part)
        && !value.split('/').any(looks_random)
        && !looks_random(&value.replace(['/', '.', '-', '_'], ""))
}

/// Returns true for words in other letters than a to z that are written like a label: `Contraseña`, but not `señal`.
fn is_label(value: &str) -> bool {
    let belongs = |char: char| char.is_alphabetic() || " -?!.:'\u{2019}".contains(char);
    let is_foreign = value
        .chars()
        .any(|char| char.is_alphabetic() && !char.is_ascii());
    let mut pairs = value.chars().zip(value.chars().skip(1));
    let is_camel = pairs.any(|(first, second)| first.is_lowercase() && second.is_uppercase());
    is_foreign && !is_camel && !value.starts_with(char::is_lowercase) && value.chars().all(belongs)
}

/// Returns true for a URL without a password, a token or a query.
fn is_plain_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else {
        return false;
    };
    let is_scheme = scheme
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "+.-:".contains(c));
    is_scheme && !rest.contains(['@', '?', ' ']) && !rest.split('/').any(looks_random)
}

/// Returns true if a text has a part that no person would write: long, of letters and digits in turns.
pub(crate) fn looks_random(text: &str) -> bool {
    if text.len() < SHORTEST_RANDOM || text.contains(char::is_whitespace) || is_uuid(text) {
        return false;
    }
    let parts = text.split(|char: char| !(char.is_ascii_alphanumeric() || "+/=".contains(char)));
    parts.into_iter().any(|part| {
        let part = part.trim_matches('=');
        let letters = part.bytes().filter(u8::is_ascii_alphabetic).count();
        let mixed = number_turns(part) * 8 >= part.len() || turns(part) * 3 >= part.len();
        part.len() >= SHORTEST_PART && mixed && letters >= 4 && entropy(part) >= 2.8
    })
}

/// Returns how often letters and digits, or lower case and upper case, follow each other.
pub(crate) fn turns(text: &str) -> usize {
    let camel = |pair: &&[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    number_turns(text) + text.as_bytes().windows(2).filter(camel).count()
}

/// Returns how often letters and digits follow each other.
fn number_turns(text: &str) -> usize {
    let turn = |pair: &&[u8]| {
        let both = pair.iter().all(u8::is_ascii_alphanumeric);
        both && pair[0].is_ascii_digit() != pair[1].is_ascii_digit()
    };
    text.as_bytes().windows(2).filter(turn).count()
}

/// Returns the Shannon entropy of a text, in bits for each byte.
pub(crate) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX)).max(1.0);
    let shares = counts.iter().filter(|count| **count > 0);
    shares
        .map(|count| {
            let share = f64::from(*count) / length;
            -share * share.log2()
        })
        .sum()
}

/// Returns true for a UUID, which names things more often than it protects them.
pub(crate) fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Returns true for a text that is written like a name: words without digits, or with a number behind them.
pub(crate) fn is_name_like(text: &str) -> bool {
    let plain = |char: char| char.is_alphanumeric() || "_-./:[]<>|#".contains(char);
    let mut words = text.split(|char: char| !char.is_alphanumeric());
    let numbered = words.any(|word| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits > 3 && digits < word.len()
    });
    let turns = turns(&text.to_lowercase());
    text.chars().all(plain) && turns < 3 && !numbered && !looks_random(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("${DB_PASSWORD}")]
    #[case("${DB_PASSWORD:-changeme}")]
    #[case("$DB_PASSWORD")]
    #[case("$password")]
    #[case("$(DB_PASSWORD)")]
    #[case("{{ .Values.password }}")]
    #[case("{password}")]
    #[case("{}")]
    #[case("{user}:{password}")]
    #[case("Bearer {token}")]
    #[case("<your password>")]
    #[case("%DB_PASSWORD%")]
    #[case("%(password)s")]
    #[case("%s")]
    #[case("[YOUR-PASSWORD]")]
    #[case("********")]
    #[case("xxxxxxxxxxxxxxxx")]
    #[case("changeme")]
    #[case("your-api-key-here")]
    #[case("X-API-Key")]
    #[case("client_credentials")]
    #[case("SCRAM-SHA-512")]
    #[case("/run/secrets/db")]
    #[case("secrets/db2.txt")]
    #[case("server-2048.key")]
    #[case("Contraseña")]
    #[case("API-Schlüssel")]
    #[case("パスワード")]
    #[case("Mot de passe")]
    #[case("unused")]
    #[case("set-by-operator")]
    #[case("~/.ssh/id_ed25519")]
    #[case("https://login.example.com/oauth/token")]
    #[case("vault:secret/data/db#password")]
    #[case("arn:aws:secretsmanager:eu-west-1:1:secret:db")]
    #[case("ENC[AES256_GCM,data:abc]")]
    #[case("true")]
    #[case("")]
    fn harmless_value_is_recognized(#[case] value: &str) {
        assert!(is_harmless(value));
    }

    #[rstest::rstest]
    #[case("S3cr3t$Pass!")]
    #[case("100%sure{really}")]
    #[case("a<b>c1d2")]
    #[case("$ecret99")]
    #[case("${DB_PASSWORD:-hunter2}")]
    #[case("hunter2")]
    #[case("{'hunter2'}")]
    #[case("sesamöffnedich")]
    #[case("correct horse")]
    #[case("supersecret")]
    #[case("abcdefghijkl")]
    #[case("/x8Kd9fLq2Ws7Vb3Nz1Yt")]
    #[case("0123456789")]
    fn secret_is_not_harmless(#[case] value: &str) {
        assert!(!is_harmless(value));
    }

    #[rstest::rstest]
    #[case("hx9Kq2fT7vLw0RzPb4YdNc8SgJm1XuEa", true)]
    #[case("9f86d081884c7d659a2feaa0c55ad015", true)]
    #[case("dGhpcyBpcyBhIHNlY3JldCBrZXk=", true)]
    #[case("orders-2024-01-01-v2", false)]
    #[case("3f2504e0-4f89-11d3-9a0c-0305e82c3301", false)]
    #[case("bytewax.connectors.kafka.source", false)]
    #[case("TestingSourceForOrdersV2", false)]
    #[case("a sentence with 12 words and 34 numbers", false)]
    fn random_text_is_recognized(#[case] text: &str, #[case] random: bool) {
        assert_eq!(looks_random(text), random);
    }
}
