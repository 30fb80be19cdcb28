//! Judges a value by its name and by the place in which both stand.

use super::base64;
use super::name::{Telling, tells};
use super::value::{is_harmless, is_name_like, is_uuid, looks_random, turns};

/// How a value is written, which decides how much of a word can be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The value of an environment variable: all of it is meant.
    Variable,
    /// A value of settings.
    Data,
    /// A literal of a program.
    Literal,
    /// A literal beside the name, in a list or a tuple.
    Listed,
    /// A value without spaces around its `=`, inside a text.
    Tight,
    /// A word of a sentence.
    Prose,
}

/// Shortest secret of an unmistakable name, and of any other.
const SHORTEST: usize = 4;
const SHORTEST_CLEAR: usize = 8;
/// Shortest secret among the words of a sentence.
const SHORTEST_WORD: usize = 6;

/// Returns true if the value of a variable is a secret, judging by the name of the variable.
pub(crate) fn variable_tells(name: &str, value: &str) -> bool {
    tells(name).is_some_and(|telling| is_secret(name, telling, value, Form::Variable))
}

/// Returns true if the value of a telling name is a secret.
pub(crate) fn is_secret(name: &str, telling: Telling, value: &str, form: Form) -> bool {
    let value = value.trim();
    let is_flag = value.starts_with("--") && value.ends_with('=');
    if value.len() < SHORTEST || is_flag || is_harmless(value) || is_pattern(value) {
        return false;
    }
    if base64::text(value).is_some_and(|text| is_login(&text)) && value.len() >= SHORTEST_CLEAR {
        return true;
    }
    match telling {
        Telling::Weakly => {
            looks_random(without_scheme(value)) || (is_hex(value) && value.len() >= 32)
        }
        Telling::Clearly => is_clear(name, value, form),
        Telling::Unmistakably => is_unmistakable(name, value, form),
    }
}

fn is_clear(name: &str, value: &str, form: Form) -> bool {
    let shouted = !name.contains(|char: char| char.is_ascii_lowercase());
    let meant = form == Form::Variable || (form == Form::Data && shouted);
    if value.len() < SHORTEST_CLEAR {
        return false;
    }
    let word = value.contains(' ') || (is_name_like(value) && !is_uuid(value));
    meant || !(word || is_code(value, form))
}

fn is_unmistakable(name: &str, value: &str, form: Form) -> bool {
    let digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let special = value.contains(|char: char| "!$%^&*#@+~".contains(char));
    let spaces = value.matches(' ').count();
    let number = digit && value.bytes().all(|byte| byte.is_ascii_digit());
    match form {
        Form::Variable => true,
        Form::Data => !(is_sentence(value, digit) || (number && value.len() < 6)),
        Form::Literal => {
            let phrase = name.to_lowercase().contains("phrase");
            let named = spaces == 0 && is_name_like(value) && value.contains(['_', '-', '.']);
            let about = (named || spaces > 0) && !digit && tells_inside(value);
            !about && (phrase || !is_sentence(value, digit))
        }
        Form::Listed => spaces == 0 && (digit || special) && !is_field_name(value),
        Form::Tight | Form::Prose => {
            let mixed = digit && value.bytes().any(|byte| byte.is_ascii_alphabetic());
            let tight = form == Form::Tight && value.len() >= 6 && !tells_inside(value);
            !is_code(value, form) && (mixed || (special && value.len() >= 6) || tight)
        }
    }
}

/// Technical terms with digits, which follow the name of a secret in sentences.
const TERMS: [&str; 6] = [
    "argon2", "argon2id", "ed25519", "pbkdf2", "python3", "x25519",
];

/// Returns true for a word behind a name that is no part of a sentence: `hunter2`, but not `sha256`, `v1beta1`,
/// `orders-db-2` or `RFC7617`.
pub(super) fn stands_out(value: &str, telling: Telling) -> bool {
    let has = |is: fn(&u8) -> bool| value.bytes().any(|byte| is(&byte));
    let letter = has(u8::is_ascii_alphabetic);
    if telling != Telling::Unmistakably {
        return value.bytes().all(|byte| byte.is_ascii_alphanumeric()) && looks_random(value);
    }
    let special = value.contains(|char: char| "!$%^&*#@+~".contains(char));
    let word = value.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.');
    let shouted = word.bytes().all(|byte| byte.is_ascii_uppercase());
    let numbered = shouted || is_harmless(word) || word.eq_ignore_ascii_case("v");
    let is_version = value.len() < 12
        && value.starts_with('v')
        && value[1..].starts_with(|c: char| c.is_ascii_digit());
    let is_named = is_name_like(value) && value.contains(['-', '.', '/', '_', ':']);
    let is_mail = value
        .split_once('@')
        .is_some_and(|(_, host)| host.contains('.'));
    let harmless = numbered || is_version || is_named || is_mail || is_uuid(value);
    let is_term = TERMS.contains(&value.to_lowercase().as_str());
    let long = value.len() >= SHORTEST_WORD;
    long && letter && (special || has(u8::is_ascii_digit)) && !harmless && !is_term
}

/// Returns true for three words and more, or for words that begin like a sentence.
fn is_sentence(value: &str, digit: bool) -> bool {
    let spaces = value.trim().matches(' ').count();
    let begins = value.starts_with(char::is_uppercase);
    !digit && (spaces >= 2 || (spaces == 1 && begins))
}

/// Returns true if a word of the value is itself the name of a secret, as in `orders_password`.
fn tells_inside(value: &str) -> bool {
    let words = value.split(|char: char| char.is_whitespace() || ",:".contains(char));
    words
        .into_iter()
        .any(|word| tells(word) > Some(Telling::Weakly))
}

/// Returns true for the name of a secret, with one digit at most, as in `["api_key", "token2"]`.
fn is_field_name(value: &str) -> bool {
    let digit = |char: char| char.is_ascii_digit();
    let name = value.strip_suffix(digit).unwrap_or(value);
    let belongs = |char: char| char.is_ascii_alphabetic() || "_-".contains(char);
    name.chars().all(belongs) && tells(name) > Some(Telling::Weakly)
}

/// Returns true for an expression in a sentence, such as `get_password()` or `config["token"]`.
fn is_code(value: &str, form: Form) -> bool {
    let sentence = matches!(form, Form::Tight | Form::Prose);
    let open = value.starts_with(['{', '[', '<']) || value.ends_with("://");
    sentence && (value.contains(['(', '[', '|']) || open)
}

/// Returns the credentials of a header without their scheme, as in `Token 0123`.
fn without_scheme(value: &str) -> &str {
    let parts = value.split_once(' ');
    parts.map_or(
        value,
        |(scheme, rest)| if scheme.len() <= 8 { rest } else { value },
    )
}

/// Returns true for a regular expression.
fn is_pattern(value: &str) -> bool {
    let parts = [
        "\\S", "\\w", "\\d", "\\s", "(?", "[^", ".*", ".+", "[A-Z", "[a-z", "[0-9",
    ];
    parts.iter().any(|part| value.contains(part))
}

/// Returns true for `user:password`, as base64 contains it in headers and in Docker configurations.
pub(super) fn is_login(text: &str) -> bool {
    let (user, password) = text.split_once(':').unwrap_or_default();
    let plain = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    plain(user) && plain(password) && password.len() >= 3 && !is_harmless(password)
}

fn is_hex(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_hexdigit()) && turns(value) >= 4
}
