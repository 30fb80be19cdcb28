//! Finds passwords in URLs and in connection strings of the form `user:password@host`.
//!
//! Well-known pairs of development, such as `postgres:postgres@localhost`, are harmless.

use std::ops::Range;

use super::value::{is_harmless, is_placeholder, looks_random};

/// Passwords that documentation uses, harmless with every host.
const DOCUMENTED: [&str; 13] = [
    "pass",
    "passwd",
    "password",
    "pwd",
    "pw",
    "secret",
    "token",
    "changeme",
    "mypassword",
    "tiger",
    "yourpassword",
    "your-password",
    "x-oauth-basic",
];
/// Longest part of a URL that is searched for its end.
const LONGEST: usize = 1024;
/// Longest `user:password` without a scheme.
const LONGEST_INFO: usize = 256;

/// Returns the ranges of all passwords in the URLs of a line.
pub(super) fn passwords(line: &str) -> Vec<Range<usize>> {
    let of_urls = line
        .match_indices("://")
        .filter_map(|(at, mark)| after_scheme(line, at + mark.len()));
    // `user:password@tcp(host:3306)/db` of Go, and `thin:user/password@host` of Oracle.
    let of_go = ["@tcp(", "@unix("]
        .iter()
        .flat_map(|mark| line.match_indices(mark))
        .filter_map(|(at, _)| before_host(line, at));
    let of_oracle = line
        .match_indices("thin:")
        .filter_map(|(at, mark)| oracle(line, at + mark.len()));
    let of_registry = line
        .match_indices('@')
        .filter_map(|(at, _)| before_registry(line, at));
    of_urls
        .chain(pgpass(line))
        .chain(of_registry)
        .chain(of_go)
        .chain(of_oracle)
        .collect()
}

/// Returns the range of the password in `user:password@host`, which begins at `start`.
fn after_scheme(line: &str, start: usize) -> Option<Range<usize>> {
    let rest = window(&line[start..]);
    let quoted = |char: char| char.is_whitespace() || "'\"`,;".contains(char);
    let all = rest.split(quoted).next().unwrap_or_default();
    let authority = all.split(['/', '?', '#']).next().unwrap_or_default();
    let (info, host) = match authority.rsplit_once('@') {
        Some(parts) => parts,
        // A password may contain a slash; what follows the colon of a host is a number.
        None => {
            let port = authority.split_once(':')?.1;
            let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
            let is_open = !is_port && !port.starts_with(['{', '$', '<', '%', '[']);
            let userinfo = is_open.then(|| all.rsplit_once('@'))??;
            (userinfo.0, userinfo.1.split(['/', '?']).next()?)
        }
    };
    let Some((user, password)) = info.split_once(':') else {
        let is_token = looks_random(info) && !host.contains("sentry") && info.len() >= 20;
        return is_token.then(|| start..start + info.len());
    };
    if password == "x-oauth-basic" || password.is_empty() {
        let is_token = looks_random(user) && !is_placeholder(user);
        return is_token.then(|| start..start + user.len());
    }
    let at = start + user.len() + 1;
    is_secret(user, password, host).then(|| at..at + password.len())
}

/// Returns the range of the password in `user:password`, which ends at `end`.
fn before_host(line: &str, end: usize) -> Option<Range<usize>> {
    let head = &line[..end];
    let outside = |char: char| char.is_whitespace() || "'\"`=(,".contains(char);
    let start = head.rfind(outside).map_or(0, |at| at + 1);
    let (user, password) = line.get(start..end)?.split_once(':')?;
    let host = line[end..]
        .split(['(', ':', ')'])
        .nth(1)
        .unwrap_or_default();
    let at = end - password.len();
    is_secret(user, password, host).then_some(at..end)
}

/// Returns the range of the password in a line of `.pgpass`: `host:port:database:user:password`.
fn pgpass(line: &str) -> Option<Range<usize>> {
    let fields: Vec<&str> = line.trim_end().splitn(6, ':').collect();
    let &[host, port, _, user, password] = fields.as_slice() else {
        return None;
    };
    let is_port = port == "*" || (port.len() >= 4 && port.bytes().all(|b| b.is_ascii_digit()));
    let is_host = host == "*" || host.contains(|char: char| char.is_ascii_alphabetic());
    let is_plain = !line
        .trim_end()
        .contains(|c: char| c.is_whitespace() || "/'\"".contains(c));
    let found = is_port
        && is_host
        && is_plain
        && password.len() >= 4
        && password.contains(|c: char| c.is_ascii_alphabetic());
    let end = line.trim_end().len();
    (found && is_secret(user, password, host)).then(|| end - password.len()..end)
}

/// Returns the range of the password in `user:password@registry.shop.net/image`, which ends at `end`.
fn before_registry(line: &str, end: usize) -> Option<Range<usize>> {
    let host_ends = |char: char| !(char.is_ascii_alphanumeric() || ".-".contains(char));
    let rest = window(&line[end + 1..]);
    let host = &rest[..rest.find(host_ends)?];
    let after = &rest[host.len()..];
    let port = after.strip_prefix(':').unwrap_or_default();
    let has_port = port.starts_with(|char: char| char.is_ascii_digit())
        && port
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()?
            .parse::<u16>()
            .is_ok();
    let is_path = after.starts_with('/') && host.contains('.');
    if host.is_empty() || !(is_path || has_port) {
        return None;
    }
    let outside = |char: char| char.is_whitespace() || "'\"`=(),<>|/".contains(char);
    let mut first = end.saturating_sub(LONGEST_INFO);
    while !line.is_char_boundary(first) {
        first += 1;
    }
    let info = line[first..end].rsplit(outside).next()?;
    let is_url = line[..end - info.len()].ends_with("//");
    let (user, password) = info.split_once(':')?;
    let is_user = !user.is_empty()
        && user
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    let at = end - password.len();
    (!is_url && is_user && is_secret(user, password, host)).then_some(at..end)
}

fn oracle(line: &str, start: usize) -> Option<Range<usize>> {
    let info = window(&line[start..]).split('@').next()?;
    let (user, password) = info.split_once('/')?;
    let at = start + user.len() + 1;
    let found = !password.contains(char::is_whitespace) && is_secret(user, password, "remote.host");
    found.then(|| at..at + password.len())
}

/// Returns true unless the password is a placeholder, or a well-known one for a host of development.
pub(super) fn is_secret(user: &str, password: &str, host: &str) -> bool {
    let lower = password.to_lowercase();
    let documented = DOCUMENTED.contains(&lower.as_str()) || is_placeholder(password);
    let local = is_local(host) && (is_harmless(password) || user == password);
    !password.is_empty() && !documented && !local
}

/// Returns true for a host of a laptop, of a compose file or of documentation.
fn is_local(host: &str) -> bool {
    let host = host.strip_prefix('[').map_or_else(
        || host.split([':', ',']).next().unwrap_or_default(),
        |host| host.split(']').next().unwrap_or_default(),
    );
    let ends = [
        ".local",
        ".localhost",
        ".test",
        ".example",
        ".invalid",
        "example.com",
        "example.org",
        "example.net",
        "host.docker.internal",
        "host.containers.internal",
    ];
    host.starts_with("127.")
        || host == "0.0.0.0"
        || host == "::1"
        || !host.contains('.')
        || ends.iter().any(|end| host.ends_with(end))
}

/// Returns the start of a text, at most [`LONGEST`] bytes.
fn window(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("db = 'postgres://app:hunter2@db:5432/x'", "hunter2")]
    #[case("redis://:s3cret@cache", "s3cret")]
    #[case("url: postgres://app:S3cr3t$Pass!@db.example.com/x", "S3cr3t$Pass!")]
    #[case("amqps://app:p@ss@mq.shop.net/v", "p@ss")]
    #[case("amqp://app:pa/ss1word@mq.shop.net/v", "pa/ss1word")]
    #[case("mongodb+srv://app:hunter2@a.net,b.net/x", "hunter2")]
    #[case("postgresql://postgres:postgres@db.shop.net/app", "postgres")]
    #[case("dsn = \"app:hunter2@tcp(db.shop.net:3306)/x\"", "hunter2")]
    #[case("jdbc:oracle:thin:app/hunter2@db.shop.net:1521/x", "hunter2")]
    #[case("db.shop.net:5432:orders:app:hunter2", "hunter2")]
    #[case("repository: app:hunter2@registry.shop.net/team/flow", "hunter2")]
    #[case("image: app:hunter2@localhost:5000/flow:1", "hunter2")]
    #[case(
        "https://x8Kd9fLq2Ws7Vb3Nz1Yt:x-oauth-basic@github.com/x",
        "x8Kd9fLq2Ws7Vb3Nz1Yt"
    )]
    #[case("https://x8Kd9fLq2Ws7Vb3Nz1Yt@github.com/x", "x8Kd9fLq2Ws7Vb3Nz1Yt")]
    fn password_is_found(#[case] line: &str, #[case] password: &str) {
        let found = passwords(line);
        assert_eq!(found.len(), 1, "{line}");
        assert_eq!(&line[found[0].clone()], password);
    }

    #[rstest::rstest]
    #[case("postgresql://postgres:postgres@localhost:5432/app")]
    #[case("amqp://guest:guest@localhost:5672//")]
    #[case("amqp://guest:guest@[::1]:5672//")]
    #[case("# redis://user:password@host:6379/0")]
    #[case("mongodb://<user>:<password>@cluster0.example.net")]
    #[case("f'postgres://{user}:{password}@db/x'")]
    #[case("f\"postgresql://{os.environ['U']}:{os.environ['P']}@db/app\"")]
    #[case("postgresql://{}:{}@{}/app")]
    #[case("postgres://app:${DB_PASSWORD}@db.shop.net/x")]
    #[case("postgres://app:app@db/x")]
    #[case("https://example.com:8080/a@b:c")]
    #[case("https://git@github.com/x")]
    #[case("https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1")]
    #[case("s3://bucket/path")]
    #[case("orders:2024:10:11:1200")]
    #[case("mailto:ann@shop.net and owner:bob2@shop.net, or a:b@c")]
    #[case("bytewax/bytewax:0.21.1@sha256:9f86d081884c7d659a2feaa0c55ad015")]
    #[case("image: app:${PASSWORD}@registry.shop.net/flow")]
    #[case("git@github.com:team/flow.git")]
    #[case("http://[::1]:8080/x")]
    fn harmless_url_has_no_password(#[case] line: &str) {
        assert!(passwords(line).is_empty());
    }
}
