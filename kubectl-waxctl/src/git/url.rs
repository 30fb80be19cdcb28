//! The credentials in addresses of repositories: texts without them, and addresses split from them.
//!
//! Whatever git, a hook or a forge says passes through [`clean`] before anyone reads it.

use std::borrow::Cow;

/// An address of a repository over HTTP, with its credentials apart from it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Split {
    /// The address without credentials.
    pub(super) address: String,
    /// The part before the `@`, as it was written.
    pub(super) written: String,
    /// The user name, decoded.
    pub(super) user: String,
    /// The password, decoded; `None` if the address has only a user name.
    pub(super) password: Option<String>,
}

const HIDDEN: &str = "***";
// Every ssh address of the large forges has this user. It says nothing, and a hint with it can be typed.
const PUBLIC_USER: &str = "git";
const TOKEN_LENGTH: usize = 20;
const TELLING: [&str; 9] = [
    "auth",
    "credential",
    "key",
    "passwd",
    "password",
    "pwd",
    "secret",
    "sig",
    "token",
];

impl Split {
    /// Splits an address over HTTP that contains credentials; `None` for every other one.
    pub(super) fn of(address: &str) -> Option<Split> {
        let (scheme, rest) = address.split_once("://")?;
        if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
            return None;
        }
        let (written, host) = rest.split_at(user_end(rest)?);
        let (user, password) = match written.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (written, None),
        };
        let user = decoded(user)?;
        // A forge takes a token in place of the user name, with an empty password.
        let password = match password {
            Some(password) => Some(decoded(password)?),
            None if is_token(&user) => Some(String::new()),
            None => None,
        };
        Some(Split {
            address: format!("{scheme}://{}", &host[1..]),
            written: written.to_owned(),
            user,
            password,
        })
    }
}

/// Whether git would show a credential in this address to every user of the machine: a password for ssh, or a query.
pub(super) fn is_indiscreet(address: &str) -> bool {
    let query = address.split_once('?').map(|(_, query)| query);
    if query.is_some_and(|query| without_secrets(query) != query) {
        return true;
    }
    let user = match address.split_once("://") {
        Some(("http" | "https", _)) => None,
        Some((_, rest)) => user_end(rest).map(|end| &rest[..end]),
        None => address
            .split('/')
            .next()
            .and_then(|host| host.rsplit_once('@'))
            .map(|(user, _)| user),
    };
    user.is_some_and(|user| user.contains(':'))
}

/// Whether a text is the address of a repository, and not the name of a remote.
pub(super) fn is_address(text: &str) -> bool {
    text.contains([':', '/'])
}

/// Returns a text without control characters and without the user part of each address in it.
pub(crate) fn clean(text: &str) -> String {
    without_credentials(&without_controls(text))
}

/// Hides the user part of each address in a text, and what a query names as a secret.
pub(crate) fn without_credentials(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for char in text.chars() {
        if char.is_whitespace() || "'\"`<>".contains(char) {
            out.push_str(&hidden(&word));
            word.clear();
            out.push(char);
        } else {
            word.push(char);
        }
    }
    out + &hidden(&word)
}

/// Removes control characters and the sequences that they begin; tabs become spaces, lines stay.
pub(crate) fn without_controls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\n' => out.push(char),
            '\t' => out.push(' '),
            '\u{1b}' => match chars.next() {
                // A control sequence ends with a letter or one of `@[\]^_`{|}~`.
                Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                // A command to the terminal, such as a new title, ends with BEL or ESC \.
                Some(']' | 'P' | '_' | '^' | 'X') => {
                    while let Some(c) = chars.next() {
                        if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                    }
                }
                _ => {}
            },
            _ if char.is_control() || is_invisible(char) => {}
            _ => out.push(char),
        }
    }
    out
}

// These reorder or hide the text around them.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn hidden(word: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = word.split_once("://") else {
        return without_user(word);
    };
    let start = user_end(rest).map_or(0, |end| end + 1);
    let user = &rest[..start.saturating_sub(1)];
    let kept = if start == 0 {
        String::new()
    } else if user == PUBLIC_USER {
        format!("{user}@")
    } else {
        format!("{HIDDEN}@")
    };
    let (path, query) = rest[start..]
        .split_once('?')
        .map_or((&rest[start..], None), |(path, query)| (path, Some(query)));
    // A list of addresses can be one word.
    let path = match path.split_once(',') {
        Some((first, others)) => format!("{first},{}", hidden(others)),
        None => path.to_owned(),
    };
    let query = query.map_or_else(String::new, |query| format!("?{}", without_secrets(query)));
    Cow::Owned(format!("{scheme}://{kept}{path}{query}"))
}

// Returns the end of the user part. It is in front of the first slash, unless somebody wrote a password with a slash in
// it: then what stands for the port is no number.
fn user_end(rest: &str) -> Option<usize> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(end) = authority.rfind('@') {
        return Some(end);
    }
    let (_, port) = authority.rsplit_once(':')?;
    let is_port = port.chars().all(|c| c.is_ascii_digit());
    rest.rfind('@')
        .filter(|_| !is_port && !authority.starts_with('['))
}

fn without_secrets(query: &str) -> String {
    let fields = query.split('&').map(|field| match field.split_once('=') {
        Some((key, value)) if is_telling(key) && !value.is_empty() => format!("{key}={HIDDEN}"),
        _ => field.to_owned(),
    });
    fields.collect::<Vec<_>>().join("&")
}

fn is_telling(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    TELLING.iter().any(|word| key.contains(word))
}

// `user@host:path` is the short form of an ssh address, and `user:password@host` a mistyped one.
fn without_user(word: &str) -> Cow<'_, str> {
    let Some((before, host)) = word.rsplit_once('@') else {
        return Cow::Borrowed(word);
    };
    let start = before.rfind(['/', '(', '=', ',']).map_or(0, |at| at + 1);
    let user = &before[start..];
    let host_ends = host.find(|c: char| !(c.is_alphanumeric() || "-._[]".contains(c)));
    let is_address = host_ends.is_some_and(|end| end > 0 && host[end..].starts_with(':'));
    if user.is_empty() || user == PUBLIC_USER || !(is_address || user.contains(':')) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("{}{HIDDEN}@{host}", &before[..start]))
}

fn is_token(user: &str) -> bool {
    let known = [
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
    ];
    known.iter().any(|prefix| user.starts_with(prefix))
        || (user.len() >= TOKEN_LENGTH
            && user.bytes().any(|b| b.is_ascii_digit())
            && user
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)))
}

// Decodes `%XX`; `None` for what no user name or password can be.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let code = others
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &others[2..] } else { others };
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains(['\n', '\r', '\0'])).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_parts_of_addresses_are_hidden() {
        let cases = [
            (
                "fatal: https://ann:s3cret@host/x.git not found",
                "fatal: https://***@host/x.git not found",
            ),
            ("'https://ann:p@ss@host'", "'https://***@host'"),
            ("https://ghp_token@host/x", "https://***@host/x"),
            ("https://ann:pa/ss@host:8443/x", "https://***@host:8443/x"),
            ("https://host:8443/x@v1", "https://host:8443/x@v1"),
            ("https://host/@scope/x", "https://host/@scope/x"),
            ("https://[::1]:80/x@v1", "https://[::1]:80/x@v1"),
            (
                "ssh://git@host/x and https://host/y",
                "ssh://git@host/x and https://host/y",
            ),
            ("ssh://ann:pw@host/x", "ssh://***@host/x"),
            ("git@host:shop/x.git: denied", "git@host:shop/x.git: denied"),
            ("s3cret@host:shop/x.git", "***@host:shop/x.git"),
            (
                "s3cret@host: Permission denied",
                "***@host: Permission denied",
            ),
            ("https//ann:s3cret@host/x", "https//***@host/x"),
            (
                "https://host/x?private_token=abc&a=b",
                "https://host/x?private_token=***&a=b",
            ),
            (
                "https://host/new?merge_request%5Bsource_branch%5D=x",
                "https://host/new?merge_request%5Bsource_branch%5D=x",
            ),
            (
                "https://a:b@c/d,https://e:f@g/h",
                "https://***@c/d,https://***@g/h",
            ),
            ("Ann <ann@example.com>", "Ann <ann@example.com>"),
            ("no address here", "no address here"),
        ];
        for (text, want) in cases {
            assert_eq!(without_credentials(text), want);
        }
    }

    #[test]
    fn control_sequences_are_removed() {
        let text = "\u{1b}[31mred\u{1b}[0m\tand \u{1b}]0;title\u{7}plain\r\nnext\u{202e}\u{9b}";
        assert_eq!(without_controls(text), "red and plain\nnext");
    }

    #[test]
    fn credentials_are_split_from_address() {
        let split = |address: &str| {
            Split::of(address).map(|split| (split.address, split.user, split.password))
        };
        let some = |address: &str, user: &str, password: Option<&str>| {
            Some((
                address.to_owned(),
                user.to_owned(),
                password.map(ToOwned::to_owned),
            ))
        };
        assert_eq!(
            split("https://ann:p%40ss@host/x"),
            some("https://host/x", "ann", Some("p@ss"))
        );
        assert_eq!(
            split("https://ghp_abc@host/x"),
            some("https://host/x", "ghp_abc", Some(""))
        );
        assert_eq!(
            split("https://ann@host/x"),
            some("https://host/x", "ann", None)
        );
        assert_eq!(split("https://host/x"), None);
        assert_eq!(split("ssh://ann:pw@host/x"), None);
    }

    #[test]
    fn addresses_that_cannot_be_hidden_are_known() {
        let indiscreet = [
            "ssh://ann:pw@host/x",
            "ann:pw@host:x",
            "https://host/x?private_token=abc",
        ];
        let fine = [
            "https://ann:pw@host/x",
            "https://host/x",
            "git@host:x",
            "ann@host:x",
            "ssh://ann@host/x",
            "../x",
        ];
        for address in indiscreet {
            assert!(is_indiscreet(address), "{address}");
        }
        for address in fine {
            assert!(!is_indiscreet(address), "{address}");
        }
    }
}
