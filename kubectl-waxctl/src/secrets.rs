//! Finds secrets in what is about to go to git: deny by default, each finding with its place.

use std::fmt;

use dataflow::code;

use crate::error::CommandError;
use crate::render::Rendered;
use crate::render::layout;

/// Something that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where: a field path, or a file and a line.
    pub place: String,
    /// What it looks like. The value itself is never shown.
    pub what: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} holds {}", self.place, self.what)
    }
}

const SHORTEST_SECRET: usize = 8;
const SHORTEST_TOKEN: usize = 20;
const AWS_KEY: usize = 20;
const TELLING_NAMES: [&str; 6] = [
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "PRIVATE_KEY",
];
const GITHUB: [&str; 5] = ["ghp_", "gho_", "ghs_", "ghu_", "github_pat_"];

/// Everything in a flow that looks like a secret.
pub fn scan(rendered: &Rendered) -> Vec<Finding> {
    let spec = &rendered.dataflow.spec;
    let mut found = Vec::new();
    for variable in &spec.env {
        let what = in_line(&variable.value).or_else(|| by_name(&variable.name, &variable.value));
        found.extend(what.map(|what| Finding {
            place: format!("spec.env[{}].value", variable.name),
            what,
        }));
    }
    let chart_values = spec.chart_values.as_deref().unwrap_or_default();
    found.extend(in_text("spec.chartValues", chart_values.as_bytes()));
    for (path, bytes) in layout::code_files(rendered) {
        let packed = spec.tar_name.as_deref().filter(|tar| *tar == path);
        match packed.and_then(|_| code::unpack(bytes).ok()) {
            Some(files) => {
                let inside = files
                    .iter()
                    .flat_map(|file| in_text(&format!("{path}: {}", file.path), &file.bytes));
                found.extend(inside);
            }
            None => found.extend(in_text(&path, bytes)),
        }
    }
    found
}

/// Refuses a flow that holds a secret, with the way out.
pub fn refuse(rendered: &Rendered) -> Result<(), CommandError> {
    let found = scan(rendered);
    if found.is_empty() {
        return Ok(());
    }
    let name = rendered.name();
    let error = CommandError::policy(format!("dataflow {name} would put a secret into git"));
    let error = found.iter().fold(error, CommandError::because);
    Err(error
        .hint(format!("keep it in the cluster: kubectl create secret generic {name}-secrets --from-literal=KEY=VALUE"))
        .hint("and read it with os.environ, through `envValueFrom` in --chart-values-file"))
}

fn in_text(place: &str, bytes: &[u8]) -> Vec<Finding> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Vec::new();
    };
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(number, line)| {
        in_line(line).map(|what| Finding {
            place: format!("{place} line {}", number + 1),
            what,
        })
    });
    found.collect()
}

/// What a line of text looks like, if it looks like a secret.
pub(crate) fn in_line(line: &str) -> Option<&'static str> {
    if line.contains("-----BEGIN ") && line.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    if words(line).any(is_aws_key) {
        return Some("an AWS access key");
    }
    if words(line).any(|word| GITHUB.iter().any(|head| is_token(word, head))) {
        return Some("a GitHub token");
    }
    if line
        .match_indices("://")
        .any(|(at, _)| has_password(&line[at + 3..]))
    {
        return Some("a password in a URL");
    }
    let bearer = line
        .match_indices("earer ")
        .any(|(at, head)| is_bearer(&line[at + head.len()..]));
    bearer.then_some("a bearer token")
}

// A name such as DB_PASSWORD promises a secret, unless the value only says where the secret lies.
fn by_name(name: &str, value: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    let telling = TELLING_NAMES
        .iter()
        .any(|tail| name == *tail || name.ends_with(&format!("_{tail}")));
    let literal =
        value.len() >= SHORTEST_SECRET && !value.starts_with(['/', '$']) && !is_placeholder(value);
    (telling && literal).then_some("a secret, by its name")
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

fn is_aws_key(word: &str) -> bool {
    let head = word.starts_with("AKIA") || word.starts_with("ASIA");
    head && word.len() == AWS_KEY
        && word
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn is_token(word: &str, head: &str) -> bool {
    word.strip_prefix(head)
        .is_some_and(|rest| rest.len() >= SHORTEST_TOKEN)
}

fn is_bearer(rest: &str) -> bool {
    let token: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-._~+/=".contains(*c))
        .collect();
    token.len() >= SHORTEST_TOKEN && token.bytes().any(|b| b.is_ascii_digit())
}

fn has_password(after_scheme: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || "/'\"`,;)?#".contains(c);
    let authority = after_scheme.split(ends).next().unwrap_or_default();
    let password = authority
        .rsplit_once('@')
        .and_then(|(user, _)| Some(user.split_once(':')?.1));
    password.is_some_and(|password| !password.is_empty() && !is_placeholder(password))
}

fn is_placeholder(text: &str) -> bool {
    text.contains(['{', '$', '<', '%']) || text.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_and_harmless_text_is_left_alone() {
        let cases = [
            ("key = 'AKIAIOSFODNN7EXAMPLE'", Some("an AWS access key")),
            ("AKIAIOSFODNN7EXAMPLEX is too long", None),
            ("-----BEGIN RSA PRIVATE KEY-----", Some("a private key")),
            ("-----BEGIN PUBLIC KEY-----", None),
            (
                "db = 'postgres://app:hunter2@db:5432/x'",
                Some("a password in a URL"),
            ),
            ("f'postgres://{user}:{password}@db/x'", None),
            ("redis://:s3cret@cache", Some("a password in a URL")),
            ("https://example.com:8080/a@b:c", None),
            ("https://git@github.com/x", None),
            (
                "Authorization: Bearer abcdef0123456789abcdef",
                Some("a bearer token"),
            ),
            ("the bearer of this letter is a friend", None),
            (
                "token = \"ghp_0123456789abcdefghijABCDEFGHIJ\"",
                Some("a GitHub token"),
            ),
        ];
        for (line, want) in cases {
            assert_eq!(in_line(line), want, "{line}");
        }
    }

    #[test]
    fn a_telling_name_makes_a_literal_value_a_secret() {
        let cases = [
            ("DB_PASSWORD", "correct horse", true),
            ("API_KEY", "0123456789", true),
            ("DB_PASSWORD", "/run/secrets/db", false),
            ("DB_PASSWORD", "$(DB_PASSWORD)", false),
            ("TOKEN_BUCKET_SIZE", "1000000000", false),
            ("TOPIC", "correct horse", false),
        ];
        for (name, value, want) in cases {
            assert_eq!(by_name(name, value).is_some(), want, "{name}={value}");
        }
    }
}
