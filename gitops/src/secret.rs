//! Recognizes secrets by the form of a value or by the name of a field. [`crate::scan`] and [`crate::mask`] share these
//! rules.

/// Words in the name of a field or variable that indicate a secret value, without separators.
const TELLING_NAMES: [&str; 8] = [
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "credential",
    "privatekey",
];
/// Words that indicate a secret also as a part of a longer word, such as `DBPASSWORD`.
const UNMISTAKABLE: [&str; 6] = [
    "password",
    "passwd",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
];
/// Words that indicate a secret as a whole word, in the plural, or at the end of a word, such as `accesstoken`.
const TELLING_ENDS: [&str; 3] = ["secret", "token", "credential"];
/// Last words of names whose value is the place or a property of a secret. Such a value may be hidden, but must not be
/// refused.
const ABOUT_SECRETS: [&str; 32] = [
    "arn",
    "audience",
    "count",
    "dir",
    "enabled",
    "endpoint",
    "expiry",
    "file",
    "host",
    "id",
    "issuer",
    "length",
    "lifetime",
    "limit",
    "mode",
    "name",
    "namespace",
    "path",
    "policy",
    "provider",
    "region",
    "scope",
    "scopes",
    "seconds",
    "size",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "vault",
    "version",
];
const SHORTEST_TOKEN: usize = 20;
const AWS_KEY: usize = 20;
const GITHUB: [&str; 5] = ["ghp_", "gho_", "ghs_", "ghu_", "github_pat_"];

/// Returns true if the value of this field could be a secret, such as `DB_PASSWORD` or `s3.secretAccessKey`. Such a
/// value is hidden.
pub(crate) fn name_tells(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name = letters.collect::<String>().to_lowercase();
    TELLING_NAMES.iter().any(|word| name.contains(word))
}

/// Returns true if a variable of this name contains a secret, judged by whole words. Such a value is refused.
pub(crate) fn variable_tells(name: &str) -> bool {
    let words = words_of_name(name);
    let about = |word: &String| ABOUT_SECRETS.contains(&word.as_str());
    let unmistakable = |text: &str| UNMISTAKABLE.iter().any(|part| text.contains(part));
    let tells = |word: &String| {
        let one = word.strip_suffix('s').unwrap_or(word);
        unmistakable(word) || TELLING_ENDS.iter().any(|end| one.ends_with(end))
    };
    let of_two = words.windows(2).any(|two| unmistakable(&two.concat()));
    !words.last().is_some_and(about) && (of_two || words.iter().any(tells))
}

/// Returns the words of a name in lower case and without numbers. The names `DB_PASSWORD`, `db-password`, `db.password`
/// and `dbPassword2` have the same words.
fn words_of_name(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut inside = false;
    for char in name.chars() {
        if char.is_ascii_uppercase() && inside {
            words.push(String::new());
        }
        match (words.last_mut(), char.is_ascii_alphabetic()) {
            (Some(word), true) => word.push(char.to_ascii_lowercase()),
            _ => words.push(String::new()),
        }
        inside = char.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns the kind of secret that a line of text contains, if any.
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

/// Returns true if a text is a placeholder or a reference instead of a secret.
pub(crate) fn is_placeholder(text: &str) -> bool {
    text.contains(['{', '$', '<', '%']) || text.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_recognized_by_form() {
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

    #[rstest::rstest]
    #[case("DB_PASSWORD", true)]
    #[case("API_KEY", true)]
    #[case("APIKEY", true)]
    #[case("PASSWORD_DB", true)]
    #[case("SECRET_KEY", true)]
    #[case("AWS_SECRET_ACCESS_KEY", true)]
    #[case("AWS_ACCESS_KEY_ID", true)]
    #[case("GCP_CREDENTIALS", true)]
    #[case("secretAccessKey", true)]
    #[case("TOPIC", false)]
    fn secret_names_are_recognized(#[case] name: &str, #[case] tells: bool) {
        assert_eq!(name_tells(name), tells);
    }
}
